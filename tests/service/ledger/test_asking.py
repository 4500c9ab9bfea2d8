from dataclasses import replace
from datetime import timedelta

from optimizer.decision import HoldReason
from optimizer.safety import doubt
from optimizer.trial import Measure, Posture
from service.ledger import asking
from service.outcomes.schemas import NewReport
from service.outcomes.usecases import report_one
from tests.service.live import Clinic
from tests.service.proposals.asking import ledger_of


def test_time_alone_changes_neither_digest_nor_seed(clinic: Clinic) -> None:
    course_id, _ = clinic.rated_course()
    with clinic.server.services.database.read() as session:
        ledger = ledger_of(clinic, session)
        course = ledger.course(course_id)
        context = asking.usual_context(session, course, ledger.now)
        one = asking.question(session, course, context)
        later = asking.question(session, course, replace(context, at=ledger.now + timedelta(hours=1)))
        lying = asking.question(session, course, replace(context, posture=Posture.LYING))
    assert (one.digests, one.seed) == (later.digests, later.seed)
    assert one.digests.context != lying.digests.context


def test_a_course_keeps_its_seed_so_that_the_draws_of_its_last_ask_are_of_use(clinic: Clinic) -> None:
    (course_id, trial_id), (other_id, _) = clinic.rated_course(), clinic.rated_course()

    def seed(course: str) -> int:
        with clinic.server.services.database.read() as session:
            ledger = ledger_of(clinic, session)
            row = ledger.course(course)
            return asking.question(session, row, asking.usual_context(session, row, ledger.now)).seed

    before = seed(course_id)
    clinic.report(trial_id, 3)
    assert seed(course_id) == before
    assert seed(other_id) != before


def test_the_usual_context_is_that_of_the_last_ask(clinic: Clinic) -> None:
    course_id, _ = clinic.rated_course()
    clinic.ask(course_id, posture="lying", locked=["frequency_hz"])
    with clinic.server.services.database.read() as session:
        ledger = ledger_of(clinic, session)
        usual = asking.usual_context(session, ledger.course(course_id), ledger.now)
    assert (usual.posture, usual.locked, usual.at) == (Posture.LYING, ("frequency_hz",), ledger.now)


def test_harm_told_by_a_machine_whose_clock_runs_ahead_is_heard_by_the_next_question(clinic: Clinic) -> None:
    course_id, trial_id = clinic.rated_course()
    told = NewReport(
        measure=Measure.SIDE_EFFECT, kind="discomfort", value=9.0, occurred_at="2026-11-20T20:00:00+01:00"
    )
    with clinic.server.services.database.write() as session:
        ledger = ledger_of(clinic, session)
        now = ledger.now
        ledger.now += timedelta(seconds=50)
        report_one(ledger, trial_id, told, patient_id=None)
    with clinic.server.services.database.read() as session:
        course = ledger_of(clinic, session).course(course_id)
        asked = asking.question(session, course, asking.usual_context(session, course, now))
    held = doubt.hold(asked.problem, asked.history.as_of(asked.ask.at), asked.ask)
    assert held is not None
    assert held.reason is HoldReason.UNREVIEWED_ADVERSE_EVENT
    answer = clinic.ask(course_id)
    assert (answer["kind"], answer["reason"]) == ("hold", "unreviewed_adverse_event")
