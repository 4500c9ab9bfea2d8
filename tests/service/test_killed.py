"""A 2xx on a write is there after any crash: every process is killed at random while clients write."""

import json
import random
import threading
import time
from collections import Counter
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import select

from service.auth.keys import issue_key
from service.auth.principal import Role
from service.clock import system_clock
from service.db.engine import Database
from service.ledger.tables import AskRow, CourseRow, Entry, OutboxRow, PatientRow, ReportRow, TrialRow
from service.ledger.verify import verify
from service.ledger.verify_access import access_findings
from tests.service.killing import Client, Deployment
from tests.service.live import wait_for
from tests.service.postgresql import Cluster, programs

ROUNDS = 200
CLIENTS = 4


@pytest.mark.acceptance
@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_what_was_acknowledged_is_there_exactly_once_after_any_crash(
    kind: str, tmp_path: Path, acceptance_folder: Path
) -> None:
    found = programs() if kind == "postgresql" else None
    if kind == "postgresql" and found is None:
        pytest.skip("no PostgreSQL server programs (initdb) on this machine")
    cluster = Cluster(found) if found else None
    try:
        address = cluster.database("killed") if cluster else f"sqlite:///{tmp_path / 'ledger.sqlite'}"
        story(kind, address, cluster, tmp_path, acceptance_folder)
    finally:
        if cluster:
            cluster.remove()


def story(kind: str, address: str, cluster: Cluster | None, folder: Path, acceptance_folder: Path) -> None:
    database = Database(address)
    database.migrate()
    with database.write() as session:
        key = issue_key(session, principal="dr", site="a", roles=[Role.CLINICIAN], now=system_clock())
    database.close()
    began = time.monotonic()
    with Deployment(folder, address, cluster) as deployment:
        clients, killed = crashes(deployment, key, folder)
        acknowledged = [
            json.loads(line) for client in clients for line in client.journal.read_text().splitlines()
        ]
        repeated_keys_change_nothing(deployment.addresses[0], key, acknowledged)
        deployment.end()
    with database.read() as session:
        present = {
            "patients": Counter(session.scalars(select(PatientRow.id))),
            "courses": Counter(session.scalars(select(CourseRow.id))),
            "trials": Counter(session.scalars(select(TrialRow.id))),
            "reports": Counter(session.scalars(select(ReportRow.id))),
            "asks": Counter(session.scalars(select(AskRow.id))),
        }
        entries = Counter(session.scalars(select(Entry.sequence).where(Entry.course_id.is_not(None))))
        assert Counter(session.scalars(select(OutboxRow.sequence))) == entries
    facts = {what: Counter(ids(acknowledged, what)) for what in ("patients", "courses", "trials", "reports")}
    for what, counted in facts.items():
        assert present[what] == counted, what
    asked = {line["answer"]["ask_id"] for line in acknowledged if line["path"].endswith("/asks")}
    assert all(present["asks"][one] == 1 for one in asked)
    with database.snapshot() as connection:
        verdict = verify(connection)
        assert [*verdict.findings, *access_findings(connection)] == []
    database.close()
    counts = ", ".join(f"{sum(counted.values())} {what}" for what, counted in facts.items())
    (acceptance_folder / f"killed-{kind}.txt").write_text(
        f"{sum(killed.values())} kills with SIGKILL ({', '.join(f'{n} {what}' for what, n in sorted(killed.items()))}) in "
        f"{time.monotonic() - began:.0f} s while {CLIENTS} clients wrote: {counts} and {len(asked)} asks acknowledged, each on "
        f"record exactly once, nothing else on record; {sum(client.repeats for client in clients)} repeats with the same "
        f"key; {verdict.links} links of the chain verify.\n"
    )


def crashes(deployment: Deployment, key: str, folder: Path) -> tuple[list[Client], Counter[str]]:
    """Let clients write while processes are killed; all of them come to an end after the last kill."""
    for web in deployment.addresses:
        wait_for(web + "/livez")
    done = threading.Event()
    clients = [Client(deployment.addresses, key, folder / f"journal-{n}", done) for n in range(CLIENTS)]
    for client in clients:
        client.start()
    killed = kill_at_random(deployment, clients)
    done.set()
    for client in clients:
        client.join(180)
        assert not client.is_alive()
        assert client.failure is None
    return clients, killed


def kill_at_random(deployment: Deployment, clients: list[Client]) -> Counter[str]:
    dice, killed = random.Random(5), Counter[str]()
    while sum(killed.values()) < ROUNDS:
        await_progress(clients)  # so that every kill meets writes on their way
        time.sleep(dice.uniform(0.0, 0.5))
        victim = dice.choice(deployment.victims)
        killed[victim.partition("-")[0]] += deployment.kill(victim)
    return killed


def await_progress(clients: list[Client]) -> None:
    before, end = sum(client.acknowledged for client in clients), time.monotonic() + 120
    while sum(client.acknowledged for client in clients) < before + CLIENTS:
        assert [client.failure for client in clients if client.failure] == []
        assert time.monotonic() < end, "nothing was acknowledged any more"
        time.sleep(0.02)


def repeated_keys_change_nothing(web: str, key: str, acknowledged: list[dict]) -> None:  # type: ignore[type-arg]
    """Send some writes once more, as they were and with another body."""
    wait_for(web + "/livez")
    lines = [line for line in acknowledged if not line["path"].endswith("/asks")]
    with httpx2.Client(base_url=f"{web}/v1", timeout=60) as http:
        for line in random.Random(6).sample(lines, min(50, len(lines))):
            headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": line["key"]}
            again = http.post(line["path"], json=line["body"], headers=headers)
            assert (again.json(), again.headers["Idempotent-Replayed"]) == (line["answer"], "true")
            other = http.post(line["path"], json=line["body"] | {"zone": "Europe/Berlin"}, headers=headers)
            assert other.status_code == 422


def ids(acknowledged: list[dict], what: str) -> list[str]:  # type: ignore[type-arg]
    answers = [line["answer"] for line in acknowledged if line["path"].rpartition("/")[2] == what]
    if what == "reports":
        return [report["id"] for answer in answers for report in answer["reports"]]
    return [answer["id"] for answer in answers]
