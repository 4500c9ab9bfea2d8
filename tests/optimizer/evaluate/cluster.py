"""A real Dask scheduler and real worker processes, as a researcher starts them."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
DASK = [sys.executable, "-m", "dask"]
WITHIN_S = 60.0


@contextmanager
def scheduler(folder: Path, *, n_workers: int) -> Iterator[str]:
    """Start a scheduler and workers of one thread each; give the address."""
    with ExitStack() as stack:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        address = f"tcp://127.0.0.1:{port}"
        quiet = ["--no-dashboard", "--host", "127.0.0.1"]
        _start(stack, folder / "scheduler.log", "scheduler", "--port", str(port), *quiet)
        for number in range(n_workers):
            log = folder / f"worker-{number}.log"
            local = ["--no-nanny", "--local-directory", str(folder)]
            _start(stack, log, "worker", address, "--nthreads", "1", *quiet, *local)
            _wait_for(log, "Registered to")
        yield address


def _start(stack: ExitStack, log: Path, *arguments: str) -> None:
    output = stack.enter_context(log.open("wb"))
    process = subprocess.Popen(
        [*DASK, *arguments], cwd=ROOT, env=os.environ | {"OMP_NUM_THREADS": "1"}, stdout=output, stderr=output
    )
    stack.callback(process.wait, WITHIN_S)
    stack.callback(process.kill)


def _wait_for(log: Path, words: str) -> None:
    end = time.monotonic() + WITHIN_S
    while words not in log.read_text(encoding="utf-8"):
        assert time.monotonic() < end, log.read_text(encoding="utf-8")
        time.sleep(0.05)
