"""The parts of a running Titrate as child processes of one command: started, awaited, ended together."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx2

from service.command_errors import PortInUseError
from service.errors import ServiceError

LOOPBACK = "127.0.0.1"
NO_ACCESS_LOG = "--uvicorn-opts=--no-access-log"
"""For an MLflow server: the addresses it is asked for name patients by pseudonym, and a log must not."""
ENDS_WITHIN_S = 10.0


class Interrupted(BaseException):
    """Someone asked this command to end; like KeyboardInterrupt, nothing that catches errors may swallow it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One process to start."""

    name: str
    command: tuple[str, ...]
    environment: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """One process that was started."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def check(self) -> None:
        """Raise ServiceError where the process has ended by itself."""
        if self.process.poll() is not None:
            raise ServiceError(self.name, "ended by itself", remedy=f"Its last words are in {self.log}.")


def parts(folder: Path, port: int, mlflow_port: int) -> tuple[Part, ...]:
    """Return what `titrate run` starts: MLflow, the web application, the worker.

    Args:
        folder: Absolute; holds the ledger, the MLflow store and the logs.
        port: Of the web application.
        mlflow_port: Of the MLflow server.

    Returns:
        All bound to loopback; the worker speaks to the MLflow server, not to its files.
    """
    titrate = (sys.executable, "-m", "service.cli")
    # else the C library keeps what each thread has freed for that thread alone
    few_arenas = {"MALLOC_ARENA_MAX": "2"}
    common = few_arenas | os.environ | {"TITRATE_DATA_FOLDER": str(folder), "PYTHONUNBUFFERED": "1"}
    store = f"sqlite:///{folder / 'mlflow.sqlite'}"
    mlflow = (
        *(sys.executable, "-m", "mlflow", "server", "--host", LOOPBACK, "--port", str(mlflow_port)),
        *("--workers", "1", "--backend-store-uri", store, NO_ACCESS_LOG),
        # files lie where a worker without a server puts them too, so that either can go on after the other
        *("--no-serve-artifacts", "--default-artifact-root", (folder / "mlflow-files").as_uri()),
    )
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    tracking = {"TITRATE_MLFLOW_TRACKING": f"http://{LOOPBACK}:{mlflow_port}", "TITRATE_RELAY_LEASE_S": "5"}
    serve = {"TITRATE_HOST": LOOPBACK, "TITRATE_PORT": str(port)}
    return (
        Part(name="serve", command=(*titrate, "serve"), environment=common | serve),
        Part(name="mlflow", command=mlflow, environment=common | quiet),
        Part(name="worker", command=(*titrate, "worker"), environment=common | tracking),
    )


def check_port(port: int, option: str) -> None:
    """Raise PortInUseError where something listens there already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            raise PortInUseError(
                f"port {port}", "is in use", remedy=f"Choose another with {option}."
            ) from error


@contextmanager
def interruptible() -> Iterator[None]:
    """Turn SIGINT, SIGTERM and SIGHUP into ``Interrupted`` for the length of a block, once.

    Said explicitly: a shell starts background commands with SIGINT ignored, and Python would leave it so. A second
    signal is ignored, so that it cannot cut short the ending of the parts.
    """

    def interrupt(*_: object) -> None:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        raise Interrupted

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, interrupt) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


@contextmanager
def running(wanted: tuple[Part, ...], logs: Path) -> Iterator[tuple[Running, ...]]:
    """Start processes for the length of a block and end them all after it, however it is left.

    Args:
        wanted: What to start; each in a session of its own, so that an interrupt reaches this command first.
        logs: Folder for what they print.

    Yields:
        The processes.
    """
    logs.mkdir(parents=True, exist_ok=True)
    started: list[Running] = []
    try:
        for part in wanted:
            log = logs / f"{part.name}.log"
            with log.open("ab") as out:
                process = subprocess.Popen(
                    part.command,
                    env=part.environment,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=out,
                    start_new_session=True,
                )
            started.append(Running(name=part.name, process=process, log=log))
        yield tuple(started)
    finally:
        _end(started)


def wait_for(
    ready: Callable[[], bool], watched: tuple[Running, ...], what: str, *, timeout_s: float = 120.0
) -> None:
    """Wait until something holds.

    Args:
        ready: Asked several times a second.
        watched: Processes that must live meanwhile.
        what: What is waited for, for the message.
        timeout_s: How long.

    Raises:
        ServiceError: If a watched process ends, or the time runs out.
    """
    end = time.monotonic() + timeout_s
    while not ready():
        for process in watched:
            process.check()
        if time.monotonic() > end:
            raise ServiceError(what, f"was not ready within {timeout_s:g} s", remedy="Look into the logs.")
        time.sleep(0.1)


def answers(url: str) -> bool:
    """Return whether an address answers 200."""
    try:
        return httpx2.get(url, timeout=2.0).status_code == 200
    except httpx2.HTTPError:
        return False


def _end(started: list[Running]) -> None:
    for one in started:
        _signal(one, signal.SIGTERM)
    end = time.monotonic() + ENDS_WITHIN_S
    for one in started:
        with suppress(subprocess.TimeoutExpired):
            one.process.wait(timeout=max(0.1, end - time.monotonic()))
        # what a part started itself must not outlive it
        _signal(one, signal.SIGKILL)
        one.process.wait()


def _signal(one: Running, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(one.process.pid, number)
