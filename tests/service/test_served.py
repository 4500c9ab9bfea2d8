"""One `titrate serve` and one `titrate worker`, from their first line to their last: loaded, written, and how they end."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from service import logs, metrics
from service.auth.keys import issue_key
from service.auth.principal import Role
from service.clock import system_clock
from service.db.engine import Database
from service.settings import Settings
from tests.service.fuzz import SECRET
from tests.service.live import Clinic, wait_for
from tests.service.postgresql import free_port
from tests.service.secret_story import NUMBER, tell

HEAVY = {"torch", "botorch", "gpytorch", "mlflow"}
TITRATE = """
import atexit, json, sys
from pathlib import Path
from service.cli import app

at_the_end = Path(sys.argv.pop(1))
atexit.register(lambda: at_the_end.write_text(json.dumps(sorted({name.split(".")[0] for name in sys.modules}))))
app()
"""
"""The command, which leaves behind what it had loaded when it ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """What was seen of the two processes."""

    lines: list[dict[str, Any]]
    relayed: list[dict[str, Any]]
    dials: str
    answered: str
    """Kind of answer to a full ask."""
    refused: bytes
    """Answer to the request that was running when the server was told to end."""
    ended_s: float
    loaded: set[str]


@contextmanager
def said_by(*command: str, folder: Path, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a titrate command for the length of a block; told to end, it must end well."""
    log = folder / f"{command[0]}.log"
    where = os.environ | {"TITRATE_DATA_FOLDER": str(folder), "OMP_NUM_THREADS": "1"} | environment
    program = [sys.executable, "-c", TITRATE, str(folder / f"{command[0]}-loaded.json"), *command]
    with log.open("wb") as out:
        process = subprocess.Popen(program, env=where, stdout=out, stderr=out)
    try:
        yield process
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0, log.read_text()
    finally:
        process.kill()
        process.wait()


def lines_of(folder: Path, command: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / f"{command}.log").read_text().splitlines()]


class Elsewhere:
    """A server of another process, as a clinic talks to it."""

    def __init__(self, address: str) -> None:
        self.http = httpx2.Client(base_url=address, timeout=60)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, full_counts: bool) -> Served:
    folder = tmp_path_factory.mktemp("served")
    port, dials, nobody = free_port(), free_port(), free_port()
    where = {"TITRATE_METRICS_PORT": str(dials), "TITRATE_ASK_WAIT_S": "0"}
    # the failing projection says more than one that goes well; that one is looked at where there is time
    tracking = {} if full_counts else {"TITRATE_MLFLOW_TRACKING": f"http://127.0.0.1:{nobody}"}
    with said_by("serve", "--port", str(port), folder=folder, **where) as process:
        wait_for(f"http://127.0.0.1:{port}/livez")
        elsewhere = Elsewhere(f"http://127.0.0.1:{port}")
        clinic = Clinic(elsewhere, key_in(folder), SECRET.lower())  # type: ignore[arg-type]
        tell(clinic)
        with said_by("worker", folder=folder, **tracking):
            course_id, _ = clinic.rated_course()
            answered = clinic.ask(course_id)["kind"]
            await_line(folder / "worker.log", '"lag": 0' if full_counts else "projection failed")
        dialled = elsewhere.http.get(f"http://127.0.0.1:{dials}/metrics").text
        elsewhere.http.close()
        running = slow_request(port)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        running.sendall(b"{}")
        refused = running.recv(100)
        running.close()
        process.wait(30)
        ended_s = time.monotonic() - began
    return Served(
        lines=lines_of(folder, "serve"),
        relayed=lines_of(folder, "worker"),
        dials=dialled,
        answered=answered,
        refused=refused,
        ended_s=ended_s,
        loaded=set(json.loads((folder / "serve-loaded.json").read_text())),
    )


def await_line(log: Path, shown: str) -> None:
    within_s = time.monotonic() + 120
    while shown not in log.read_text():
        assert time.monotonic() < within_s, log.read_text()
        time.sleep(0.05)


def slow_request(port: int) -> socket.socket:
    """Begin a write and leave its body for later."""
    link = socket.create_connection(("127.0.0.1", port), timeout=20)
    head = (
        "POST /v1/patients HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n"
    )
    link.sendall(head.encode())
    time.sleep(0.2)  # until the server is at it
    return link


def key_in(folder: Path) -> str:
    database = Database(Settings(data_folder=folder).database_url)
    with database.write() as session:
        key = issue_key(
            session,
            principal=SECRET.lower(),
            site=SECRET.lower(),
            roles=(Role.CLINICIAN,),
            now=system_clock(),
        )
    database.close()
    return key


def assert_nothing_told(text: str) -> None:
    assert SECRET.lower() not in text.lower()
    assert str(NUMBER) not in text


def test_a_secret_in_every_field_of_a_course_is_in_no_log_of_server_and_worker(served: Served) -> None:
    for line in (*served.lines, *served.relayed):
        assert set(line) <= set(logs.FIELDS)
        assert_nothing_told(json.dumps(line))
    assert_nothing_told(served.dials)
    requests = [line for line in served.lines if line["event"] == "request"]
    routes = {line["route"] for line in requests}
    assert routes >= {"/courses/{course_id}/trials", "/patients", metrics.NO_ROUTE}
    assert len({line["request_id"] for line in requests}) == len(requests) > 20
    assert "worker started" in {line["event"] for line in served.relayed}


def test_the_running_web_process_has_loaded_neither_torch_nor_mlflow(served: Served) -> None:
    assert served.answered == "proposal", "a full ask was answered"
    assert "fastapi" in served.loaded
    assert HEAVY.isdisjoint(served.loaded)


def test_serve_told_to_end_answers_what_is_running_and_ends_well(served: Served) -> None:
    assert served.refused.startswith(b"HTTP/1.1 401 ")
    assert served.ended_s < 20
