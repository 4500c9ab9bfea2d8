"""`titrate run`: refusals, the lines it prints, and in acceptance the whole of it from outside."""

import os
import shlex
import signal
import socket
import stat
import subprocess
import sys
import time

import pytest
from typer.testing import CliRunner

from service.cli import app
from service.demo.run import curl

TITRATE = (sys.executable, "-m", "service.cli", "run")


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def titrate_run(folder, *options, timeout=200):
    command = [*TITRATE, "--data-dir", str(folder), *map(str, options)]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)


def refused(folder, *options):
    """Run the command here: what it refuses it refuses before it starts anything."""
    return CliRunner().invoke(app, ["run", "--data-dir", str(folder), *map(str, options)])


def test_a_busy_port_is_a_clear_error_with_exit_code_2(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = refused(tmp_path, "--port", port, "--mlflow-port", free_port())
    assert done.exit_code == 2
    assert "is in use" in done.stderr
    assert "--port" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_that_cannot_be_written_is_a_clear_error_with_exit_code_2(tmp_path):
    (tmp_path / "file").write_text("")
    done = refused(tmp_path / "file" / "below")
    assert done.exit_code == 2
    assert "cannot be written" in done.stderr
    assert "--data-dir" in done.stderr


def test_nobody_else_may_enter_the_folder_of_the_ledger(tmp_path):
    folder = tmp_path / "new" / "one"
    with socket.socket() as taken:  # so that it makes the folder and starts nothing
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert refused(folder, "--port", taken.getsockname()[1]).exit_code == 2
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert list(folder.iterdir()) == []


def test_the_curl_line_is_one_a_shell_understands():
    words = shlex.split(curl("http://127.0.0.1:8000", "c-1", "titrate_k"))
    assert words[:5] == ["curl", "-sS", "-X", "POST", "http://127.0.0.1:8000/v1/courses/c-1/asks"]
    assert "Authorization: Bearer titrate_k" in words
    assert words[-1] == '{"in_clinic": true}'


@pytest.mark.acceptance
def test_treats_a_patient_shows_it_in_mlflow_and_goes_on_when_run_again(tmp_path):
    ports = ("--port", free_port(), "--mlflow-port", free_port())
    first = titrate_run(tmp_path, *ports, "--trials", 2, "--exit")
    assert first.returncode == 0, first.stderr
    assert "First proposal" in first.stdout
    assert "/#/experiments/" in first.stdout
    line = next(line for line in first.stdout.splitlines() if line.startswith("curl "))
    again = titrate_run(tmp_path, *ports, "--trials", 3, "--exit")
    assert again.returncode == 0, again.stderr
    assert line in again.stdout  # the same course, the same key
    rebuilt = subprocess.run(
        [sys.executable, "-m", "service.cli", "mlflow", "rebuild"],
        env={**os.environ, "TITRATE_DATA_FOLDER": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert (rebuilt.returncode, rebuilt.stdout) == (0, "courses shown: 1\n"), rebuilt.stderr
    told = [line.split()[0] for out in (first, again) for line in out.stdout.splitlines() if "pain" in line]
    assert told == ["1", "2", "3", "4"]


@pytest.mark.acceptance
def test_ends_all_its_parts_when_told_to(tmp_path):
    port, mlflow_port = free_port(), free_port()
    command = [*TITRATE, "--data-dir", str(tmp_path), "--port", str(port), "--mlflow-port", str(mlflow_port)]
    with subprocess.Popen(
        [*command, "--trials", "1"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:
        for line in process.stdout:
            if line.startswith("Up until"):
                break
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    time.sleep(0.2)
    for taken in (port, mlflow_port):
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", taken)) != 0
