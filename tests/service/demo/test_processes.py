"""Parts are started together, watched, and ended together."""

import os
import signal
import socket
import sys
import time

import httpx2
import pytest

from service.command_errors import PortInUseError
from service.demo.processes import (
    Interrupted,
    Part,
    answers,
    check_port,
    interruptible,
    parts,
    running,
    wait_for,
)
from service.errors import ServiceError
from tests.service.postgresql import free_port

SLEEPS = (sys.executable, "-c", "import time; time.sleep(60)")


def part(name, command):
    return Part(name=name, command=command, environment=dict(os.environ))


def lives(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_taken_port_is_named_with_its_option():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(PortInUseError, match="--mlflow-port"):
            check_port(taken.getsockname()[1], "--mlflow-port")


def test_a_free_port_is_no_error():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    check_port(port, "--port")


def test_parts_end_with_the_block_however_it_is_left(tmp_path):
    with pytest.raises(KeyError), running((part("a", SLEEPS), part("b", SLEEPS)), tmp_path) as started:  # noqa: PT012
        pids = [one.process.pid for one in started]
        assert all(map(lives, pids))
        raise KeyError
    assert not any(map(lives, pids))


def test_what_a_part_started_itself_ends_too(tmp_path):
    code = (
        "import subprocess, sys, time; child = subprocess.Popen([sys.executable, '-c', 'import time; "
        "time.sleep(60)']); print(child.pid, flush=True); time.sleep(60)"
    )
    with running((part("parent", (sys.executable, "-c", code)),), tmp_path) as started:
        log = tmp_path / "parent.log"
        wait_for(lambda: log.read_text().strip().isdigit(), started, "the child", timeout_s=20)
        child = int(log.read_text())
    end = time.monotonic() + 5
    while lives(child) and time.monotonic() < end:
        time.sleep(0.05)
    assert not lives(child) or f"{child} (python) Z" in open(f"/proc/{child}/stat").read()  # noqa: PTH123, SIM115


def test_a_part_that_ends_by_itself_is_noticed_while_waiting(tmp_path):
    quick = part("quick", (sys.executable, "-c", "raise SystemExit(3)"))
    with running((quick,), tmp_path) as started, pytest.raises(ServiceError, match="ended by itself"):
        wait_for(lambda: False, started, "nothing", timeout_s=20)


def test_waiting_ends(tmp_path):
    with pytest.raises(ServiceError, match="was not ready"):
        wait_for(lambda: False, (), "nothing", timeout_s=0.05)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_interrupt_once(number):
    before = signal.getsignal(number)
    with pytest.raises(Interrupted), interruptible():
        signal.raise_signal(number)
    assert signal.getsignal(number) is before


def test_the_worker_speaks_to_the_server_and_everything_is_bound_to_loopback(tmp_path):
    serve, mlflow, worker = parts(tmp_path, 8001, 5001)
    assert worker.environment["TITRATE_MLFLOW_TRACKING"] == "http://127.0.0.1:5001"
    assert serve.environment["TITRATE_HOST"] == "127.0.0.1"
    assert mlflow.command[mlflow.command.index("--host") + 1] == "127.0.0.1"


def test_the_log_of_the_mlflow_server_names_no_patient(tmp_path):
    port = free_port()
    _, mlflow, _ = parts(tmp_path, 1, port)
    address = f"http://127.0.0.1:{port}"
    with running((mlflow,), tmp_path / "logs") as started:
        wait_for(lambda: answers(f"{address}/health"), started, "MLflow")
        query = {"experiment_name": "titrate/here/SCS-4711"}
        reply = httpx2.get(f"{address}/api/2.0/mlflow/experiments/get-by-name", params=query, timeout=20.0)
        assert reply.status_code == 404
    log = (tmp_path / "logs" / "mlflow.log").read_text(encoding="utf-8")
    assert "Uvicorn running" in log
    assert "SCS-4711" not in log
    assert "get-by-name" not in log


def test_no_part_keeps_freed_memory_for_each_thread_unless_told_to(tmp_path, monkeypatch):
    monkeypatch.delenv("MALLOC_ARENA_MAX", raising=False)
    assert [part.environment["MALLOC_ARENA_MAX"] for part in parts(tmp_path, 1, 2)] == ["2", "2", "2"]
    monkeypatch.setenv("MALLOC_ARENA_MAX", "8")
    assert [part.environment["MALLOC_ARENA_MAX"] for part in parts(tmp_path, 1, 2)] == ["8", "8", "8"]
