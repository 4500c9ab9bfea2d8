"""The record's side of computing: claim a job, hand out what it rests on, store the answer."""

import hashlib
from collections.abc import Collection
from datetime import datetime, timedelta

import numpy as np
from sqlalchemy import ColumnElement, and_, event, or_, select, update
from sqlalchemy.orm import Session

from optimizer import canonical
from optimizer.ask import Ask
from optimizer.decision import VALID_FOR, Decision, Hold, HoldReason, Proposal, decode_decision
from optimizer.safety import doubt, limits
from service import metrics
from service.ledger import amendments, course_end, drafts, gate, life_cycle, optimizer_version
from service.ledger.applicable import within_limits
from service.ledger.history import grew_since, history_of, problem_of
from service.ledger.ledger import Ledger
from service.ledger.life_cycle import Action
from service.ledger.tables import AskRow, CourseRow, Entry, JobRow, ProposalRow

OPTIMIZER = "optimizer"
"""Stands as principal of what the optimiser answered."""


def open_jobs(session: Session, now: datetime, *, asked_before: datetime | None = None) -> tuple[str, ...]:
    """Return the asks nobody answers at present, oldest first; only those asked before an instant where it is named."""
    query = select(JobRow.ask_id).join(AskRow, AskRow.id == JobRow.ask_id).where(_waits(now))
    if asked_before is not None:
        query = query.join(Entry, Entry.sequence == AskRow.sequence).where(Entry.recorded_at <= asked_before)
    return tuple(session.scalars(query.order_by(AskRow.sequence).limit(100)))


def claim(session: Session, ask_id: str, holder: str, now: datetime, span: timedelta) -> int | None:
    """Take a job; return how often it was tried, this time included.

    None where another has it, it is done, or a draft on its way answers it.
    """
    asked = session.scalar(select(AskRow).filter_by(id=ask_id))
    if asked is None or drafts.answers(session, asked, now):
        return None
    return session.scalar(
        update(JobRow)
        .where(JobRow.ask_id == ask_id, _waits(now))
        .values(holder=holder, leased_until=now + span, attempts=JobRow.attempts + 1)
        .returning(JobRow.attempts)
    )


def answered(session: Session, ask_ids: Collection[str]) -> tuple[str, ...]:
    """Return those of some asks that have their answer."""
    return tuple(session.scalars(select(ProposalRow.ask_id).where(ProposalRow.ask_id.in_(ask_ids))))


def is_open(session: Session, ask_id: str, now: datetime) -> bool:
    """Return whether an ask waits and nobody is at work on it; seen without a turn of writing, which a claim takes."""
    return session.scalar(select(JobRow.ask_id).where(JobRow.ask_id == ask_id, _waits(now))) is not None


def _waits(now: datetime) -> ColumnElement[bool]:
    """The condition that a job is open and nobody is at work on it."""
    return and_(JobRow.state == "open", or_(JobRow.leased_until.is_(None), JobRow.leased_until <= now))


def is_ours(session: Session, ask_id: str) -> bool:
    """Return whether an ask is on record under the optimiser that is installed here."""
    asked = session.scalar(select(AskRow.optimizer).filter_by(id=ask_id))
    return asked == optimizer_version.installed()


def stand_in(session: Session, ask_id: str, holder: str, now: datetime, *, cause: str) -> None:
    """Answer an ask that nobody else answers with the labelled fallback."""
    if claim(session, ask_id, holder, now, timedelta(0)) is not None:
        store(session, ask_id, fallback_hold(session, ask_id), now, fallback=cause)


def request_of(session: Session, ask_id: str) -> bytes:
    """Return what a compute process is sent about an ask on record: the record as it was then, whenever this is read."""
    asked, course = _asked(session, ask_id)
    return drafts.request(
        problem=canonical.encode(problem_of(session, course, up_to=asked.sequence)).decode(),
        history=canonical.encode(history_of(session, course.id, up_to=asked.sequence)).decode(),
        ask=asked.ask,
        seed=asked.seed,
    )


def release(session: Session, ask_id: str) -> None:
    """Give a job back, so that it is tried again."""
    session.execute(update(JobRow).where(JobRow.ask_id == ask_id).values(holder=None, leased_until=None))


def store(
    session: Session, ask_id: str, document: str, now: datetime, *, fallback: str | None = None
) -> None:
    """Put an answer on record, once; a proposal that no longer stands is taken back in the same transaction.

    Args:
        session: A writing session.
        ask_id: The ask.
        document: Canonical JSON of the answer.
        now: The instant.
        fallback: Why the optimiser did not answer itself.
    """
    asked, course = _asked(session, ask_id)
    session.execute(update(JobRow).where(JobRow.ask_id == ask_id).values(state="done", leased_until=None))
    if session.scalar(select(ProposalRow.sequence).filter_by(ask_id=ask_id)) is not None:
        return
    answer = decode_decision(document)
    ledger = Ledger(session, site=course.site, principal=OPTIMIZER, now=now)
    row = ProposalRow(
        id=ledger.new_id(),
        course_id=course.id,
        ask_id=ask_id,
        kind=type(answer).__name__.lower(),
        decision=document,
        decision_digest=hashlib.sha256(document.encode()).hexdigest(),
        # a question may count as put later than it was, where another machine's clock runs ahead
        valid_until=min(answer.valid_until, now + VALID_FOR) if isinstance(answer, Proposal) else None,
        fallback=fallback,
    )
    ledger.append("proposal", row, answer, course_id=course.id)
    _count_when_on_record(session, row.kind, answer, fallback)
    newer = select(AskRow.sequence).where(AskRow.course_id == course.id, AskRow.sequence > asked.sequence)
    if row.kind != "proposal":
        return
    if session.scalar(newer.limit(1)) is not None:
        life_cycle.decide(ledger, row, Action.SUPERSEDE, reason="asked_again")
    elif not _stands(session, course, asked, answer):
        life_cycle.decide(ledger, row, Action.WITHDRAW, reason="record_changed_while_computing")


def fallback_hold(session: Session, ask_id: str, *, up_to: int | None = None) -> str:
    """Return the canonical JSON of the hold that stands in where no compute process could answer.

    It names settings to be on meanwhile only as the record of now allows: facts may have come since the ask.

    Args:
        session: Any session.
        ask_id: The ask.
        up_to: The last ledger sequence to read, for a replay; None reads all.
    """
    asked, course = _asked(session, ask_id)
    history = history_of(session, course.id, up_to=up_to)
    problem = problem_of(session, course, up_to=up_to)
    same = (history.digest, problem.fingerprint) == (asked.history_digest, asked.problem_fingerprint)
    hold = Hold(
        reason=HoldReason.MODEL_FAILED if same else HoldReason.STALE_FALLBACK,
        release="ask_again",
        meanwhile=doubt.meanwhile(problem, history, canonical.decode(Ask, asked.ask)),
    )
    return canonical.encode(hold).decode()


def _count_when_on_record(session: Session, kind: str, answer: Decision, fallback: str | None) -> None:
    reason = "" if isinstance(answer, Proposal) else str(answer.reason)

    def count(_session: Session) -> None:
        metrics.ANSWERS.labels(kind, reason).inc()
        if fallback is not None:
            metrics.FALLBACKS.labels(fallback).inc()

    event.listen(session, "after_commit", count, once=True)


def _stands(session: Session, course: CourseRow, asked: AskRow, answer: Decision) -> bool:
    """Hold a proposal against the record of now: facts may have come while it was computed."""
    assert isinstance(answer, Proposal)  # noqa: S101 - its kind was checked
    if course_end.end_of(session, course.id) is not None:
        return False
    if gate.harmed_elsewhere_since(session, course, asked.sequence):
        return False  # as a severe report takes back every open proposal of the patient
    if amendments.amended_since(session, course.id, asked.sequence):
        return False  # as an amendment takes back every open proposal
    problem, ask = problem_of(session, course), canonical.decode(Ask, asked.ask)
    if not grew_since(session, course.id, asked.sequence):
        # no report came; hard limits and envelope are held once more, against the problem in force by now
        return within_limits(problem, answer)
    history = history_of(session, course.id)
    points = np.array([settings.indices for settings in answer.steps[0].named], dtype=np.int64)
    return doubt.hold(problem, history, ask) is None and bool(
        limits.admissible(problem, history, ask, points).all()
    )


def _asked(session: Session, ask_id: str) -> tuple[AskRow, CourseRow]:
    asked, course = session.execute(
        select(AskRow, CourseRow).join(CourseRow, CourseRow.id == AskRow.course_id).where(AskRow.id == ask_id)
    ).one()
    return asked, course
