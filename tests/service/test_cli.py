"""The command line as a person meets it: what starts, what is refused, and how it ends."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import pytest
from typer.testing import CliRunner

from service.cli import app
from service.serving import listen
from tests.service.live import wait_for

RUN = CliRunner()


def test_help_loads_neither_torch_nor_mlflow_nor_the_web() -> None:
    code = "import sys, service.cli; print(sorted({'torch', 'mlflow', 'fastapi', 'sqlalchemy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_key_is_printed_once_and_a_wrong_role_is_a_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TITRATE_DATA_FOLDER", str(tmp_path))
    made = RUN.invoke(app, ["keys", "create", "--principal", "ward-3", "--role", "clinician"])
    assert made.exit_code == 0
    assert made.stdout.startswith("titrate_")
    refused = RUN.invoke(app, ["keys", "create", "--principal", "ward-3", "--role", "surgeon"])
    assert refused.exit_code == 2
    assert "clinician" in refused.stderr


def test_a_busy_port_and_an_unwritable_folder_are_clear_errors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TITRATE_DATA_FOLDER", str(tmp_path))
    with listen("127.0.0.1", 0) as busy:
        refused = RUN.invoke(app, ["serve", "--port", str(busy.getsockname()[1])])
    assert (refused.exit_code, "port-in-use" in refused.stderr) == (2, True)
    (tmp_path / "file").touch()
    monkeypatch.setenv("TITRATE_DATA_FOLDER", str(tmp_path / "file"))
    refused = RUN.invoke(app, ["serve", "--port", "0"])
    assert (refused.exit_code, "data-folder" in refused.stderr) == (2, True)


def test_serve_told_to_end_answers_what_is_running_and_ends_well(tmp_path: Path) -> None:
    with listen("127.0.0.1", 0) as probe:
        port = probe.getsockname()[1]
    environment = os.environ | {"TITRATE_DATA_FOLDER": str(tmp_path)}
    command = [sys.executable, "-m", "service.cli", "serve", "--port", str(port)]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            wait_for(f"http://127.0.0.1:{port}/livez")
            with httpx2.Client(base_url=f"http://127.0.0.1:{port}") as http:
                assert http.get("/v1/patients").status_code == 401
            running = slow_request(port)
            began = time.monotonic()
            server.send_signal(signal.SIGTERM)
            time.sleep(0.3)
            running.sendall(b"{}")
            assert running.recv(100).startswith(b"HTTP/1.1 401 ")
            running.close()
            assert server.wait(30) == 0
            assert time.monotonic() - began < 20
        finally:
            server.kill()


def slow_request(port: int) -> socket.socket:
    """Begin a write and leave its body for later."""
    link = socket.create_connection(("127.0.0.1", port), timeout=20)
    head = (
        "POST /v1/patients HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n"
    )
    link.sendall(head.encode())
    time.sleep(0.2)  # until the server is at it
    return link
