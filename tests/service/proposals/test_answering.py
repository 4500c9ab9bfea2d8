from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select

from optimizer import canonical
from optimizer.decision import VALID_FOR, Hold, Proposal, decode_decision
from service.clock import system_clock
from service.ledger.life_cycle import decision_about
from service.ledger.tables import AskRow, JobRow, ProposalRow
from service.proposals import answering
from tests.service.live import Clinic
from tests.service.proposals.asking import SPAN, arrives, asked, being_answered, document_of, ledger_of


def test_a_job_has_one_holder_at_a_time(clinic: Clinic) -> None:
    course_id, _ = clinic.rated_course()
    with clinic.server.services.database.write() as session:
        ledger = ledger_of(clinic, session)
        ask_id = asked(clinic, ledger, course_id)
        now = ledger.now
        first = answering.claim(session, ask_id, "one", now, SPAN)
        assert answering.claim(session, ask_id, "two", now, SPAN) is None
        assert ask_id not in answering.open_jobs(session, now)
        later = answering.claim(session, ask_id, "two", now + SPAN, SPAN)
        assert (first, later) == (1, 2)
        answering.release(session, ask_id)
        assert ask_id in answering.open_jobs(session, now)
        session.rollback()


def test_what_is_computed_is_the_record_as_it_was_when_it_was_asked(clinic: Clinic) -> None:
    course_id, trial_id = clinic.rated_course()
    with clinic.server.services.database.write() as session:
        first = asked(clinic, ledger_of(clinic, session), course_id)
    with clinic.server.services.database.read() as session:
        before = answering.request_of(session, first)
    clinic.report(trial_id, 2)
    with clinic.server.services.database.write() as session:
        later = asked(clinic, ledger_of(clinic, session), course_id)
        assert answering.request_of(session, first) == before != answering.request_of(session, later)


def test_an_answer_is_stored_once(clinic: Clinic) -> None:
    course_id, _ = clinic.rated_course()
    document = document_of(clinic, clinic.ask(course_id)["id"])
    with clinic.server.services.database.write() as session:
        ledger = ledger_of(clinic, session)
        ask_id = asked(clinic, ledger, course_id, locked=["frequency_hz"])
        for _ in range(2):
            answering.store(session, ask_id, document, ledger.now)
        rows = session.scalars(select(ProposalRow).filter_by(ask_id=ask_id)).all()
        job = session.get(JobRow, ask_id)
        assert len(rows) == 1
        assert job is not None
        session.refresh(job)
        assert job.state == "done"
        session.rollback()


def test_an_answer_overtaken_by_another_question_is_superseded(clinic: Clinic) -> None:
    course_id, _ = clinic.rated_course()
    document = document_of(clinic, clinic.ask(course_id)["id"])
    with clinic.server.services.database.write() as session:
        ledger = ledger_of(clinic, session)
        older = asked(clinic, ledger, course_id, locked=["frequency_hz"])
        asked(clinic, ledger, course_id, locked=["pulse_width_us"])
        answering.store(session, older, document, ledger.now)
        row = session.scalar(select(ProposalRow).filter_by(ask_id=older))
        assert row is not None
        decision = decision_about(ledger, row.id)
        assert decision is not None
        assert (decision.action, decision.reason) == ("supersede", "asked_again")
        session.rollback()


def test_a_severe_report_that_came_while_computing_withdraws_the_answer(clinic: Clinic) -> None:
    course_id, trial_id = clinic.rated_course()
    document = document_of(clinic, clinic.ask(course_id)["id"])
    ask_id = being_answered(clinic, course_id, locked=["frequency_hz"])
    clinic.report(trial_id, 9, kind="discomfort")
    arrives(clinic, ask_id, document)
    with clinic.server.services.database.read() as session:
        row = session.scalar(select(ProposalRow).filter_by(ask_id=ask_id))
        assert row is not None
        seen = clinic.get(f"/proposals/{row.id}").json()
    assert (seen["status"], seen["reason"]) == ("withdrawn", "record_changed_while_computing")


def test_a_severe_report_of_another_course_that_came_while_computing_withdraws_the_answer(
    clinic: Clinic,
) -> None:
    course_id, _ = clinic.rated_course()
    patient_id = clinic.get(f"/courses/{course_id}").json()["patient_id"]
    other, trial_id = clinic.rated_course(patient_id=patient_id)
    document = document_of(clinic, clinic.ask(course_id)["id"])
    ask_id = being_answered(clinic, course_id, locked=["frequency_hz"])
    severe = clinic.report(trial_id, 9, kind="discomfort")["reports"][0]["id"]
    review = {"subject": "adverse_event", "subject_id": severe, "reason": "cause_resolved"}
    clinic.made(f"/courses/{other}/reviews", review)
    arrives(clinic, ask_id, document)
    seen = clinic.get(f"/courses/{course_id}/asks/{ask_id}").json()
    assert (seen["status"], seen["reason"]) == ("withdrawn", "record_changed_while_computing")


def test_the_fallback_is_a_hold_that_says_so_and_is_not_kept_as_the_answer(clinic: Clinic) -> None:
    course_id, _ = clinic.rated_course()
    database = clinic.server.services.database
    with database.write() as session:
        ledger = ledger_of(clinic, session)
        ask_id = asked(clinic, ledger, course_id)
        assert answering.claim(session, ask_id, "test", ledger.now, SPAN) is not None
        document = answering.fallback_hold(session, ask_id)
        hold = decode_decision(document)
        assert isinstance(hold, Hold)
        assert hold.meanwhile is not None
        answering.store(session, ask_id, document, ledger.now, fallback="process_failed")
    seen = clinic.get(f"/courses/{course_id}/asks/{ask_id}").json()
    assert (seen["kind"], seen["reason"], seen["fallback"]) == ("hold", "model_failed", "process_failed")
    again = clinic.ask(course_id)
    assert (again["kind"], again["fallback"]) == ("proposal", None)
    with database.read() as session:
        assert session.query(AskRow).filter_by(course_id=course_id).count() == 2


def test_a_fallback_names_nothing_that_a_report_closed_since_the_ask(clinic: Clinic) -> None:
    course_id, trial_id = clinic.rated_course()
    ask_id = being_answered(clinic, course_id)
    clinic.report(trial_id, 9, kind="discomfort")
    with clinic.server.services.database.read() as session:
        hold = decode_decision(answering.fallback_hold(session, ask_id))
    assert isinstance(hold, Hold)
    assert (hold.reason, hold.meanwhile) == ("stale_fallback", None)


def test_a_proposal_waits_no_longer_than_its_time_whatever_clock_its_question_was_put_by(
    clinic: Clinic,
) -> None:
    course_id, _ = clinic.rated_course()
    document = document_of(clinic, clinic.ask(course_id)["id"])
    answer = decode_decision(document)
    assert isinstance(answer, Proposal)
    ahead = replace(answer, valid_until=answer.valid_until + timedelta(days=300))
    ask_id = being_answered(clinic, course_id, locked=["frequency_hz"])
    arrives(clinic, ask_id, canonical.encode(ahead).decode())
    seen = clinic.get(f"/courses/{course_id}/asks/{ask_id}").json()
    assert datetime.fromisoformat(seen["valid_until"]) <= system_clock() + VALID_FOR
