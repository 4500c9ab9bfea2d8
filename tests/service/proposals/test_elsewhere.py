"""A web process without compute processes: others answer, and where nobody does a labelled hold stands in."""

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from service.ledger import computing, optimizer_version
from service.proposals.elsewhere import NOBODY, ComputeElsewhere
from service.settings import Settings
from tests.service.live import Clinic, Server, serving
from tests.service.proposals.asking import asked, ledger_of

LOST_S = 0.2


@pytest.fixture(scope="module")
def beside(server: Server) -> Iterator[Server]:
    """Give a second web process on the server's record, which computes nothing itself."""
    folder = server.services.settings.data_folder
    with serving(Settings(data_folder=folder, ask_wait_s=20.0, compute_processes=0)) as running:
        assert isinstance(running.services.compute, ComputeElsewhere)
        yield running


def test_an_ask_is_answered_by_whoever_computes(beside: Server) -> None:
    clinic = beside.clinic()
    course_id, _ = clinic.rated_course()
    began = time.monotonic()
    reply = clinic.post(f"/courses/{course_id}/asks", {})
    assert (reply.status_code, reply.json()["kind"], reply.json()["fallback"]) == (201, "proposal", None)
    assert time.monotonic() - began < 15, "it was told, and did not wait out its time"
    assert clinic.post(f"/courses/{course_id}/asks", {}).json()["id"] == reply.json()["id"]


def test_where_nobody_computes_it_is_not_ready_and_a_labelled_hold_stands_in(tmp_path: Path) -> None:
    settings = Settings(data_folder=tmp_path, ask_wait_s=0.0, compute_processes=0, compute_lost_s=LOST_S)
    with serving(settings, warm=False) as alone:
        assert alone.http.get("/readyz").json()["compute"] == "cold"
        clinic = alone.clinic()
        course_id, _ = clinic.rated_course()
        with alone.services.database.write() as session:
            now = alone.services.clock()
            until = now + timedelta(hours=1)
            computing.beat(session, "slow", optimizer="{}", warm=1, working=(), until=until, now=now)
        began = time.monotonic()
        asked_at = clinic.post(f"/courses/{course_id}/asks", {}).headers["Location"].removeprefix("/v1")
        time.sleep(3 * LOST_S)
        assert clinic.get(asked_at).status_code == 202, "while a service lives nobody stands in for it"
        with alone.services.database.write() as session:
            computing.leave(session, "slow")
        answer = clinic.ask(course_id)
        assert (answer["kind"], answer["reason"], answer["fallback"]) == ("hold", "model_failed", NOBODY)
        assert time.monotonic() - began > LOST_S * 0.9
        assert answer["settings"] is not None, "what is in force may stay on meanwhile"
        again = clinic.post(f"/courses/{course_id}/asks", {})
        assert again.json()["ask_id"] != answer["ask_id"], (
            "a fallback does not stand: asked again, it is tried again"
        )


def test_an_ask_left_open_by_another_optimiser_is_not_answered_under_its_name(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before_the_upgrade:
        before_the_upgrade.setattr(optimizer_version, "installed", lambda: '{"optimizer":"before"}')
        course_id, _ = clinic.rated_course()
    with clinic.server.services.database.write() as session, monkeypatch.context() as before_the_upgrade:
        before_the_upgrade.setattr(optimizer_version, "installed", lambda: '{"optimizer":"before"}')
        ask_id = asked(clinic, ledger_of(clinic, session), course_id)
    deadline = time.monotonic() + 30
    while (reply := clinic.get(f"/courses/{course_id}/asks/{ask_id}")).status_code == 202:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert (reply.json()["kind"], reply.json()["fallback"]) == ("hold", "optimizer_changed")
