# ruff: noqa: INP001, T201 - a script that runs itself and talks to the terminal
"""A whole Titrate under load: 200 courses, 20 clients, reads and writes mixed, on SQLite and on a PostgreSQL of its own.

Each client opens its courses and then visits them: looks, asks, reads the stored proposal, decides, reads what to program,
records what was applied and reported; offices read worklists and timelines, auditors the trail. First at a pace (each
client pauses between two requests), then flat out (none pauses). Times are what the client waits. One read or write counts
as an error unless it is answered with what must come: 200, 201, or 202 followed by the answer.
Run by ``make load``; prints Markdown.
"""

import argparse
import os
import platform
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

# the folder of this script is on the path, the repository is not
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from load_clinic import STORED_READ, LoadClient, Sample
from load_service import Deployment, Meter, deployed, dials

from service.auth.keys import issue_key
from service.auth.principal import Role
from service.clock import system_clock
from service.db.engine import Database
from tests.service.postgresql import Cluster, programs

N_SITES = 4
ROLES = {
    "clinician": Role.CLINICIAN,
    "programmer": Role.PROGRAMMER,
    "recorder": Role.RECORDER,
    "auditor": Role.AUDITOR,
}
WEBS = {"sqlite": 1, "postgresql": 2}
"""As `make run` starts it, and as docs/operations.md does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much load."""

    courses: int
    clients: int
    pause_s: float
    paced_s: float
    flat_out_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a run on one database came to."""

    samples: list[Sample]
    visits: int
    meters: dict[str, Meter]
    """Phase -> what the processes used."""
    counted: dict[str, dict[str, float]]
    """Phase -> what the dials counted during it."""


@contextmanager
def server(kind: str, folder: Path) -> Iterator[tuple[str, Cluster | None]]:
    """Yield the address of an empty database, and the server behind it."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'ledger.sqlite'}", None
        return
    found = programs()
    if found is None:
        raise SystemExit(
            "no PostgreSQL server programs (initdb) on this machine; --database sqlite goes without"
        )
    cluster = Cluster(found)
    try:
        yield cluster.database("load"), cluster
    finally:
        cluster.remove()


def keys_for(address: str, n_clients: int) -> list[dict[str, str]]:
    """Make the schema and one key a role for each client, as `titrate keys create` does."""
    database = Database(address)
    database.migrate()
    with database.write() as session:
        made = [
            {
                name: issue_key(
                    session,
                    principal=f"{name}-{number}",
                    site=f"site-{number % N_SITES}",
                    roles=[role],
                    now=system_clock(),
                )
                for name, role in ROLES.items()
            }
            for number in range(n_clients)
        ]
    database.close()
    return made


def measure(kind: str, plan: Plan) -> Measured:
    """Start everything, put it under load and read what came of it."""
    with (
        tempfile.TemporaryDirectory(prefix="titrate-load-") as name,
        server(kind, Path(name)) as (address, cluster),
    ):
        keys = keys_for(address, plan.clients)
        with deployed(Path(name), address, WEBS[kind], cluster) as deployment:
            clients = [
                LoadClient(deployment.webs[number % len(deployment.webs)], own, share, number)
                for number, (own, share) in enumerate(
                    zip(keys, shares(plan.courses, plan.clients), strict=True)
                )
            ]
            return put_under_load(deployment, clients, plan)


def shares(courses: int, clients: int) -> list[int]:
    """Divide the courses among the clients."""
    return [courses // clients + (number < courses % clients) for number in range(clients)]


def put_under_load(deployment: Deployment, clients: list[LoadClient], plan: Plan) -> Measured:
    """Let the clients open their courses, then go at a pace, then flat out."""
    for client in clients:
        client.start()
    for client in clients:
        client.opened.wait()
    meters: dict[str, Meter] = {}
    counted: dict[str, dict[str, float]] = {}
    for phase, lasts_s, pause_s in (
        ("paced", plan.paced_s, plan.pause_s),
        ("flat out", plan.flat_out_s, 0.0),
    ):
        before = dials(deployment.dials)
        for client in clients:
            client.phase, client.pause_s = phase, pause_s
            client.go.set()
        meters[phase] = Meter(pids=deployment.pids)
        with meters[phase].reading():
            time.sleep(lasts_s)
        counted[phase] = {
            name: value - before.get(name, 0.0) for name, value in dials(deployment.dials).items()
        }
    for client in clients:
        client.done.set()
    for client in clients:
        client.join(90.0)
    samples = [sample for client in clients for sample in client.samples]
    return Measured(
        samples=samples, visits=sum(client.visits for client in clients), meters=meters, counted=counted
    )


def report(kind: str, plan: Plan, found: Measured) -> Iterator[str]:
    """Describe a run, in Markdown lines."""
    errors = Counter(f"{sample.kind}: {sample.error}" for sample in found.samples if sample.error)
    opening = [sample for sample in found.samples if sample.phase == "opening"]
    yield f"## {kind}: {WEBS[kind]} web process{'es' if WEBS[kind] > 1 else ''}\n"
    yield f"{len(found.samples)} requests in {found.visits} visits and {len(opening)} to open {plan.courses} courses,"
    yield f"**{errors.total()} errors**{''.join(f'; {n} x {what}' for what, n in errors.items())}.\n"
    for phase, meter in found.meters.items():
        samples = [sample for sample in found.samples if sample.phase == phase]
        yield f"**{phase}**, {meter.wall_s:.0f} s, {len(samples) / meter.wall_s:.0f} requests a second:\n"
        yield "| request | count | errors | median ms | 99th percentile ms | longest ms |"
        yield "|---|---|---|---|---|---|"
        yield from _rows(samples)
        yield ""
        yield from bottleneck(meter, found.counted[phase])
        yield ""
    yield from memory(found.meters)


def _rows(samples: list[Sample]) -> Iterator[str]:
    kinds = sorted(
        {(sample.writes, sample.kind) for sample in samples}, key=lambda of: (of[1] != STORED_READ, of)
    )
    for _, kind in kinds:
        yield _row(kind, [sample for sample in samples if sample.kind == kind])
    yield _row("**all reads**", [sample for sample in samples if not sample.writes and sample.kind != "ask"])
    yield _row("**all writes**", [sample for sample in samples if sample.writes])


def _row(name: str, samples: list[Sample]) -> str:
    times_ms = [1000.0 * sample.took_s for sample in samples] or [float("nan")]
    middle, late, longest = np.quantile(times_ms, [0.5, 0.99, 1.0])
    wrong = sum(bool(sample.error) for sample in samples)
    return f"| {name} | {len(samples)} | {wrong} | {middle:.0f} | {late:.0f} | {longest:.0f} |"


def bottleneck(meter: Meter, counted: dict[str, float]) -> Iterator[str]:
    """Say who used the processors and how busy what there is only one of was; the fullest of these is the bottleneck."""
    wall, cores = meter.wall_s, os.cpu_count() or 1
    used = sorted(meter.used_s.items(), key=lambda item: -item[1])
    ours = sum(meter.used_s.values())
    held = counted.get("titrate_write_seconds_sum held", 0.0)
    writes = counted.get("titrate_write_seconds_count held", 0.0) or 1.0
    waited = counted.get("titrate_write_seconds_sum waited", 0.0)
    answers = counted.get("titrate_optimizer_seconds_count", 0.0)
    full = {f"the {cores} cores": meter.machine_s / wall / cores, "the turn of writing": held / wall}
    full |= {f"the one core {name} can use": s / wall for name, s in used if name[:3] in ("web", "com")}
    name = max(full, key=lambda one: full[one])
    yield (
        f"Bottleneck: {name} ({full[name]:.0%} busy). Share of one core: "
        + ", ".join(f"{part} {s / wall:.0%}" for part, s in used)
        + f", everything else on the machine {(meter.machine_s - ours) / wall:.0%}."
    )
    yield (
        f"Turn of writing, of the web processes: {writes:.0f} turns, held {held / wall:.0%} of the time, {1000 * held / writes:.1f} ms each, "
        f"waited for {1000 * waited / writes:.1f} ms each. Optimiser: {answers:.0f} answers and drafts, "
        f"{1000 * counted.get('titrate_optimizer_seconds_sum', 0.0) / (answers or 1.0):.0f} ms each."
    )


def memory(meters: dict[str, Meter]) -> Iterator[str]:
    """Show what each part held at the start, in the middle and at the end."""
    yield "| memory, MiB | at the start | after the pace | middle of flat out | at the end |"
    yield "|---|---|---|---|---|"
    paced, flat_out = meters.values()
    for part, first in paced.rss_mib.items():
        later = flat_out.rss_mib[part]
        marks = (first[0], first[-1], later[len(later) // 2], later[-1])
        yield f"| {part} | " + " | ".join(f"{mark:.0f}" for mark in marks) + " |"
    yield ""


def head(plan: Plan) -> Iterator[str]:
    """Say what was measured, where and when."""
    load = os.getloadavg()[0]
    yield "# Under load\n"
    yield f"`make load`, {datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} cores, which the clients share;"
    yield f"load {load:.1f} before the start. {plan.courses} courses of {N_SITES} sites, {plan.clients} clients at once, each with keys"
    yield "of its own and the default rate limits; a worker and an MLflow server run beside the web processes, each of which"
    yield f"has one compute process. Paced: a client pauses {plan.pause_s:g} s in the mean between two requests. Flat out: it"
    yield "does not. Memory: resident and shared with nobody.\n"


def show(lines: Iterable[str]) -> None:
    """Print at once what is known."""
    for line in lines:
        print(line, flush=True)


def main() -> int:
    """Print the page; fail where there was an error."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=sorted(WEBS), action="append", help="left out, both")
    parser.add_argument("--courses", type=int, default=200)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--pause", type=float, default=1.0, help="mean pause of a paced client, s")
    parser.add_argument("--paced", type=float, default=40.0, help="how long at a pace, s")
    parser.add_argument("--flat-out", type=float, default=60.0, help="how long without pauses, s")
    given = parser.parse_args()
    plan = Plan(
        courses=given.courses,
        clients=given.clients,
        pause_s=given.pause,
        paced_s=given.paced,
        flat_out_s=given.flat_out,
    )
    began, failed = time.monotonic(), False
    show(head(plan))
    for kind in given.database or WEBS:
        found = measure(kind, plan)
        failed |= any(sample.error for sample in found.samples)
        show(report(kind, plan, found))
    print(f"Duration: {(time.monotonic() - began) / 60:.1f} minutes.")
    return failed


if __name__ == "__main__":
    sys.exit(main())
