import json

import pytest
from typer.testing import CliRunner

from service.cli import app
from service.errors import NotFoundError
from service.ledger import optimizer_version
from service.proposals import answering
from service.proposals.replaying import replay
from tests.service.live import CHECKS, SIGNED_BY, Clinic, Server
from tests.service.proposals.asking import SPAN, asked, ledger_of


def test_a_stored_proposal_comes_out_bit_for_bit_whatever_came_after(clinic: Clinic) -> None:
    course_id, trial_id = clinic.rated_course()
    proposal = clinic.ask(course_id)
    clinic.report(trial_id, 1)
    body = {"envelope": {"amplitude_ma": [0, 8]}, "reason": "clinical_judgement", "signed_by": SIGNED_BY}
    clinic.made(f"/courses/{course_id}/problems", body)
    clinic.made(f"/courses/{course_id}/preflights", {"checks": [CHECKS[0] | {"impedance_ohm": 800}]})
    found = replay(clinic.server.services.database, proposal["id"])
    assert (found.identical, found.by, found.differs, found.error) == (True, "optimizer", {}, None)


def test_another_version_is_named(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    course_id, _ = clinic.rated_course()
    proposal = clinic.ask(course_id)
    other = json.loads(optimizer_version.installed()) | {"torch": "9.9.9"}
    monkeypatch.setattr(optimizer_version, "installed", lambda: json.dumps(other))
    present = optimizer_version.version("torch")
    assert replay(clinic.server.services.database, proposal["id"]).differs == {"torch": (present, "9.9.9")}


def test_a_hold_of_the_service_is_replayed_as_the_record_was(clinic: Clinic) -> None:
    course_id = clinic.course(checks=[])["id"]
    hold = clinic.ask(course_id)
    assert hold["reason"] == "preflight_due"
    clinic.made(f"/courses/{course_id}/preflights", {"checks": CHECKS})
    found = replay(clinic.server.services.database, hold["id"])
    assert (found.identical, found.by) == (True, "service")


def test_a_fallback_is_replayed_from_its_cause(clinic: Clinic) -> None:
    course_id, _ = clinic.rated_course()
    database = clinic.server.services.database
    with database.write() as session:
        ledger = ledger_of(clinic, session)
        ask_id = asked(clinic, ledger, course_id)
        assert answering.claim(session, ask_id, "test", ledger.now, SPAN) is not None
        document = answering.fallback_hold(session, ask_id)
        answering.store(session, ask_id, document, ledger.now, fallback="process_failed")
    hold = clinic.get(f"/courses/{course_id}/asks/{ask_id}").json()
    found = replay(database, hold["id"])
    assert (found.identical, found.by) == (True, "fallback, process_failed")


def test_an_unknown_answer_is_said_to_be_so(server: Server) -> None:
    with pytest.raises(NotFoundError):
        replay(server.services.database, "nobody")


def test_the_command_says_same_or_names_what_is_missing(
    clinic: Clinic, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    course_id, _ = clinic.rated_course()
    proposal = clinic.ask(course_id)
    monkeypatch.setenv("TITRATE_DATA_FOLDER", str(server.services.settings.data_folder))
    done = CliRunner().invoke(app, ["replay", "--proposal", proposal["id"]])
    assert (done.exit_code, done.stdout.splitlines()) == (
        0,
        ["answered by: optimizer", "bit for bit the same"],
    ), done.stderr
