# ruff: noqa: INP001 - beside the script that runs it
"""A whole Titrate as an operator starts it, and what its processes use while it is under load."""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
from prometheus_client.parser import text_string_to_metric_families

from service.demo.processes import LOOPBACK, Part, Running, answers, parts, running, wait_for
from tests.service.postgresql import Cluster, children, free_port

TICK_S = 2.0
HERTZ = os.sysconf("SC_CLK_TCK")
PAGE_MIB = os.sysconf("SC_PAGE_SIZE") / 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """Running processes and where they listen."""

    webs: tuple[str, ...]
    """Addresses of the web processes."""
    dials: tuple[str, ...]
    """Addresses of their metrics."""
    pids: Callable[[], dict[str, list[int]]]
    """Name of a part -> ids of its processes by now."""


@contextmanager
def deployed(folder: Path, database: str, n_webs: int, cluster: Cluster | None) -> Iterator[Deployment]:
    """Start web processes, a worker and an MLflow server on one database, and wait until they are ready.

    Args:
        folder: Empty; holds data and logs.
        database: SQLAlchemy address.
        n_webs: How many web processes, each with its compute process.
        cluster: The PostgreSQL server behind the address; None on SQLite.

    Yields:
        The deployment.
    """
    first, mlflow, worker = parts(folder, free_port(), free_port())
    worker.environment["TITRATE_DATABASE"] = database
    ports = [(free_port(), free_port()) for _ in range(n_webs)]
    webs = tuple(
        Part(
            name=f"web {number}",
            command=first.command,
            environment=first.environment
            | {
                "TITRATE_DATABASE": database,
                "TITRATE_PORT": str(port),
                "TITRATE_METRICS_PORT": str(dial),
            },
        )
        for number, (port, dial) in enumerate(ports, start=1)
    )
    addresses = tuple(f"http://{LOOPBACK}:{port}" for port, _ in ports)
    with running((*webs, worker, mlflow), folder / "logs") as started:
        for address in addresses:
            wait_for(lambda address=address: answers(f"{address}/readyz"), started, address)  # type: ignore[misc]
        yield Deployment(
            webs=addresses,
            dials=tuple(f"http://{LOOPBACK}:{dial}/metrics" for _, dial in ports),
            pids=lambda: _pids(started, cluster),
        )
        for process in started:
            process.check()


def _pids(started: tuple[Running, ...], cluster: Cluster | None) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for process in started:
        inside = children(process.process.pid)
        if process.name.startswith("web"):
            found[process.name] = [process.process.pid]
            found[process.name.replace("web", "compute")] = inside
        else:
            found[process.name] = [process.process.pid, *inside]
    if cluster is not None:
        found["PostgreSQL"] = [cluster.postmaster, *children(cluster.postmaster)]
    return found


@dataclass(slots=True, kw_only=True)
class Meter:
    """Memory and processor time of the parts, read every other second."""

    pids: Callable[[], dict[str, list[int]]]
    rss_mib: dict[str, list[float]] = field(default_factory=dict)
    """Part -> one value a tick."""
    used_s: dict[str, float] = field(default_factory=dict)
    """Part -> processor seconds since the meter began."""
    wall_s: float = 0.0
    machine_s: float = 0.0
    """Processor seconds that anything on this machine used meanwhile."""

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Read for the length of a block; the client's own process is the part ``clients``."""
        ended = threading.Event()
        thread = threading.Thread(target=self._read_until, args=(ended,), daemon=True)
        began, busy = time.monotonic(), machine_busy_s()
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
            self.wall_s, self.machine_s = time.monotonic() - began, machine_busy_s() - busy

    def _read_until(self, ended: threading.Event) -> None:
        seen: dict[int, float] = {}
        while True:
            last = ended.is_set()
            for part, pids in (self.pids() | {"clients": [os.getpid()]}).items():
                read = {pid: found for pid in pids if (found := of_process(pid)) is not None}
                for pid, (used_s, _) in read.items():
                    self.used_s[part] = self.used_s.get(part, 0.0) + used_s - seen.get(pid, used_s)
                    seen[pid] = used_s
                self.rss_mib.setdefault(part, []).append(sum(rss for _, rss in read.values()))
            if last:
                return
            ended.wait(TICK_S)


def of_process(pid: int) -> tuple[float, float] | None:
    """Return the processor seconds a process has used and its memory in MiB; None where it is gone.

    Memory is what is resident and shared with no file or other process; PostgreSQL's processes share one large segment.
    """
    try:
        times = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        pages = Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()
    except OSError:
        return None
    return (int(times[11]) + int(times[12])) / HERTZ, (int(pages[1]) - int(pages[2])) * PAGE_MIB


def machine_busy_s() -> float:
    """Return the processor seconds this machine has worked since it started."""
    user, nice, system, _idle, _iowait, irq, softirq, *_ = (
        int(text) for text in Path("/proc/stat").read_text(encoding="utf-8").split("\n", 1)[0].split()[1:]
    )
    return (user + nice + system + irq + softirq) / HERTZ


def dials(addresses: tuple[str, ...]) -> dict[str, float]:
    """Return the sums of what the web processes count: seconds waited and held, seconds in the optimiser, answers."""
    found: dict[str, float] = {}
    for address in addresses:
        for family in text_string_to_metric_families(httpx2.get(address, timeout=10.0).text):
            for sample in family.samples:
                part = sample.labels.get("part", "")
                name = f"{sample.name} {part}".strip()
                if name.startswith("titrate_") and "le" not in sample.labels:
                    found[name] = found.get(name, 0.0) + sample.value
    return found


if sys.platform != "linux":
    raise SystemExit("reads /proc: Linux only")
