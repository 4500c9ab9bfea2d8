import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from service.ledger import drafts
from service.ledger.course_tables import DraftRow
from service.ledger.tables import ProposalRow
from service.proposals import answering
from service.settings import Settings
from tests.service.live import Clinic, serving
from tests.service.proposals.asking import SPAN, asked, ledger_of

EVERY = 10_000
"""Other tests leave drafts of their own on the same record."""


def state(clinic: Clinic, course_id: str) -> str | None:
    with clinic.server.services.database.read() as session:
        return session.scalar(select(DraftRow.state).filter_by(course_id=course_id))


def test_a_report_is_answered_before_anyone_asks_and_the_ask_makes_the_draft_a_proposal(
    tmp_path: Path,
) -> None:
    settings = Settings(data_folder=tmp_path, ask_wait_s=20.0, draft_after_s=0.0)
    with serving(settings) as own:
        clinic = own.clinic()
        course_id, trial_id = clinic.rated_course()
        deadline = time.monotonic() + 60
        while state(clinic, course_id) != "done":
            assert time.monotonic() < deadline
            time.sleep(0.05)
        with own.services.database.read() as session:
            drafted = session.scalars(select(DraftRow).filter_by(course_id=course_id)).one()
            assert session.scalars(select(ProposalRow)).all() == [], "a draft is no proposal"
        own.services.compute.stop()  # whatever is answered now was computed before
        answer = clinic.ask(course_id)
        assert (answer["kind"], answer["status"]) == ("proposal", "proposed")
        with own.services.database.read() as session:
            stored = session.scalars(select(ProposalRow).filter_by(id=answer["id"])).one()
            assert stored.decision == drafted.decision
        assert state(clinic, course_id) is None
        clinic.report(trial_id, 2)
        assert state(clinic, course_id) == "open", "a newer report begins a newer draft"


def test_another_context_is_computed_anew(clinic: Clinic) -> None:
    course_id, _ = clinic.rated_course()
    database = clinic.server.services.database
    with database.write() as session:
        ledger = ledger_of(clinic, session)
        job = drafts.claim(session, course_id, "test", ledger.now, SPAN)
        assert job is not None
        drafts.finish(session, job, "test", '{"of":"another context"}')
    answer = clinic.ask(course_id, locked=["frequency_hz"])
    assert (answer["kind"], answer["fallback"]) == ("proposal", None)


@pytest.mark.parametrize("change", ["report", "age", "holder"])
def test_a_draft_that_was_overtaken_is_not_used(change: str, clinic: Clinic) -> None:
    course_id, _ = clinic.rated_course()
    with clinic.server.services.database.write() as session:
        ledger = ledger_of(clinic, session)
        job = drafts.claim(session, course_id, "test", ledger.now, SPAN)
        assert job is not None
        draft = session.get_one(DraftRow, course_id)
        digests = drafts.Digests(
            context=draft.context_digest or "",
            problem=draft.problem_fingerprint or "",
            history=draft.history_digest or "",
        )
        assert drafts.matching(session, course_id, digests, ledger.now) is not None
        if change == "report":
            drafts.queue(session, course_id, ledger.now)
        drafts.finish(session, job, "another" if change == "holder" else "test", "{}")
        session.expire_all()
        late = drafts.FRESH_FOR + timedelta(minutes=1) if change == "age" else timedelta()
        found = drafts.matching(session, course_id, digests, ledger.now + late)
        assert found is None or (change == "holder" and found.decision is None)
        session.rollback()


def test_an_ask_waits_for_the_draft_on_its_way_instead_of_computing_twice(clinic: Clinic) -> None:
    course_id, _ = clinic.rated_course()
    with clinic.server.services.database.write() as session:
        ledger = ledger_of(clinic, session)
        job = drafts.claim(session, course_id, "drafter", ledger.now, SPAN)
        assert job is not None
        ask_id = asked(clinic, ledger, course_id)
        assert answering.claim(session, ask_id, "other", ledger.now, SPAN) is None
        assert drafts.waited_for(session, job) == ask_id
        drafts.finish(session, job, "drafter", None)
        session.expire_all()
        assert answering.claim(session, ask_id, "other", ledger.now, SPAN) is not None, "the draft failed"
        session.rollback()


def test_reports_settle_before_a_draft_is_computed(clinic: Clinic) -> None:
    course_id, _ = clinic.rated_course()
    with clinic.server.services.database.read() as session:
        now = ledger_of(clinic, session).now
        settle = timedelta(seconds=60)
        assert course_id not in drafts.due(session, now, settle, most=EVERY)
        due = drafts.due(session, now + 2 * settle, settle, most=EVERY)
        assert course_id in due or state(clinic, course_id) != "open"
