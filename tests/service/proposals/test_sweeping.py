from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from service.clock import system_clock
from service.ledger.life_cycle import Status, status_of
from service.proposals.sweeping import expire
from service.settings import Settings
from tests.service.live import Clinic, Server, codes, serving
from tests.service.proposals.asking import ledger_of


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve a record of this file's own: what is written here lies days ahead, and whoever shared it would not be ready."""
    with serving(Settings(data_folder=tmp_path_factory.mktemp("ahead"), ask_wait_s=20.0)) as running:
        yield running


def late() -> datetime:
    return system_clock() + timedelta(days=8)


def kinds(clinic: Clinic, course_id: str) -> list[str]:
    return [entry["kind"] for entry in clinic.get(f"/courses/{course_id}/timeline?limit=500").json()]


def test_what_ran_out_is_written_down_once_and_stays_so(clinic: Clinic) -> None:
    database = clinic.server.services.database
    open_course, approved_course = clinic.rated_course()[0], clinic.rated_course()[0]
    undecided, approved = clinic.ask(open_course), clinic.ask(approved_course)
    clinic.decide(approved, action="approve")
    for proposal in (undecided, approved):
        assert not expire(database, system_clock, proposal["id"]), "it is in time"
        assert expire(database, late, proposal["id"])
        assert not expire(database, late, proposal["id"])
        assert clinic.get(f"/proposals/{proposal['id']}").json()["status"] == "expired"
    assert kinds(clinic, open_course).count("decision") == 1
    assert kinds(clinic, approved_course).count("withdrawal") == 1
    assert codes([clinic.get(f"/proposals/{approved['id']}/program")]) == [(409, "proposal-expired")]


def test_an_approval_runs_out_before_anyone_writes_it_down(clinic: Clinic) -> None:
    proposal = clinic.ask(clinic.rated_course()[0])
    clinic.decide(proposal, action="approve")
    with clinic.server.services.database.read() as session:
        ledger = ledger_of(clinic, session)
        row = ledger.proposal(proposal["id"])
        assert status_of(ledger, row) is Status.APPROVED
        ledger.now += timedelta(days=8)
        assert status_of(ledger, row) is Status.EXPIRED


def test_what_was_applied_in_time_and_told_late_is_applied(clinic: Clinic) -> None:
    course_id, _ = clinic.rated_course()
    proposal = clinic.ask(course_id)
    clinic.decide(proposal, action="approve")
    assert expire(clinic.server.services.database, late, proposal["id"])
    told = clinic.trial(course_id, settings=proposal["settings"], proposal_id=proposal["id"])
    assert "not_approved" not in told["flags"]
    assert "past_validity" not in told["flags"]
    assert clinic.get(f"/proposals/{proposal['id']}").json()["status"] == "applied"
