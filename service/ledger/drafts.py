"""The next answer of a course, computed before anyone asks. A draft is no fact: nobody can read, approve or apply it.

::

    report -> open -> running -> done -> an ask in the same context makes it a proposal
                ^________|         |
                 a newer report ___|
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, delete, or_, select, update
from sqlalchemy.orm import Session

from optimizer import canonical
from optimizer.prior import NO_PRIOR
from service.ledger import asking, course_end, gate
from service.ledger.asking import Digests, Question
from service.ledger.course_tables import DraftRow
from service.ledger.tables import AskRow, CourseRow, JobRow

FRESH_FOR = timedelta(hours=12)
"""How old a draft may be when it becomes a proposal, whose validity counts from the draft [A]."""
OPEN, RUNNING, DONE, FAILED = "open", "running", "done", "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftJob:
    """A draft with the bytes a compute process needs."""

    course_id: str
    ask: str
    request: bytes


def queue(session: Session, course_id: str, now: datetime) -> None:
    """Say that the next answer of a course is to be computed anew; whatever was on its way no longer counts.

    Of a course that has ended nobody asks: facts told late queue nothing.
    """
    drop(session, course_id)
    if course_end.end_of(session, course_id) is not None:
        return
    session.add(DraftRow(course_id=course_id, state=OPEN, queued_at=now))
    session.flush()


def drop(session: Session, course_id: str) -> None:
    """Forget the draft of a course: an ask went another way."""
    session.execute(delete(DraftRow).where(DraftRow.course_id == course_id))


def due(session: Session, now: datetime, settle: timedelta, *, most: int) -> tuple[str, ...]:
    """Return the courses whose draft is to be computed, oldest first; a course whose reports still come in is left to settle."""
    waiting = and_(DraftRow.state == OPEN, DraftRow.queued_at <= now - settle)
    orphaned = and_(DraftRow.state == RUNNING, DraftRow.leased_until <= now)
    query = select(DraftRow.course_id).where(or_(waiting, orphaned)).order_by(DraftRow.queued_at)
    return tuple(session.scalars(query.limit(most)))


def claim(session: Session, course_id: str, holder: str, now: datetime, span: timedelta) -> DraftJob | None:
    """Take a draft and write down its question, or None where another has it or nothing is to be computed."""
    row = session.get(DraftRow, course_id)
    course = session.scalar(select(CourseRow).filter_by(id=course_id))
    if row is None or course is None or row.state not in (OPEN, RUNNING):
        return None
    if row.state == RUNNING and row.leased_until is not None and row.leased_until > now:
        return None
    if row.state == RUNNING or gate.to_ask(session, course, now) is not None:
        row.state = FAILED  # it ended a compute process once, or a hold is the answer
        return None
    asked = asking.question(session, course, asking.usual_context(session, course, now))
    row.state, row.holder, row.leased_until = RUNNING, holder, now + span
    row.ask, row.seed = canonical.encode(asked.ask).decode(), asked.seed
    row.context_digest = asked.digests.context
    row.problem_fingerprint, row.history_digest = asked.digests.problem, asked.digests.history
    return DraftJob(course_id=course_id, ask=row.ask, request=request_of(asked))


def finish(session: Session, job: DraftJob, holder: str, decision: str | None) -> None:
    """Keep the answer of a draft, None where there is none, unless the record went on meanwhile."""
    session.execute(
        update(DraftRow)
        .where(
            DraftRow.course_id == job.course_id,
            DraftRow.state == RUNNING,
            DraftRow.holder == holder,
            DraftRow.ask == job.ask,
        )
        .values(state=FAILED if decision is None else DONE, decision=decision, leased_until=None)
    )


def matching(session: Session, course_id: str, digests: Digests, now: datetime) -> DraftRow | None:
    """Return the draft that answers a question, on its way or done, or None; only one not too old."""
    row = session.get(DraftRow, course_id)
    if row is None or row.state not in (RUNNING, DONE) or row.ask is None:
        return None
    if row.state == RUNNING and (row.leased_until is None or row.leased_until <= now):
        return None
    same = Digests(
        context=row.context_digest or "",
        problem=row.problem_fingerprint or "",
        history=row.history_digest or "",
    )
    return row if same == digests and now - row.queued_at <= FRESH_FOR else None


def waited_for(session: Session, job: DraftJob) -> str | None:
    """Return the open ask that took over the question of a draft, or None."""
    query = select(AskRow.id).join(JobRow, JobRow.ask_id == AskRow.id)
    query = query.where(AskRow.course_id == job.course_id, AskRow.ask == job.ask, JobRow.state == "open")
    return session.scalar(query.limit(1))


def answers(session: Session, asked: AskRow, now: datetime) -> bool:
    """Return whether a draft on its way will answer an ask, so that nobody else need compute it."""
    row = session.get(DraftRow, asked.course_id)
    return (
        row is not None
        and row.state == RUNNING
        and row.ask == asked.ask
        and row.leased_until is not None
        and row.leased_until > now
    )


def request_of(asked: Question) -> bytes:
    """Return what a compute process is sent about a question."""
    return request(
        problem=canonical.encode(asked.problem).decode(),
        history=canonical.encode(asked.history).decode(),
        ask=canonical.encode(asked.ask).decode(),
        seed=asked.seed,
    )


def request(*, problem: str, history: str, ask: str, seed: int) -> bytes:
    """Return the bytes of a question: canonical JSON each, and the seed."""
    prior = canonical.encode(NO_PRIOR).decode()
    return json.dumps(
        {"problem": problem, "history": history, "ask": ask, "prior": prior, "seed": seed}
    ).encode()
