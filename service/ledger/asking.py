"""A question to the optimiser as the record makes it: settings in force, what was rejected, digests, seed."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

import rfc8785
from sqlalchemy import select
from sqlalchemy.orm import Session

from optimizer import canonical
from optimizer.ask import Ask
from optimizer.decision import Proposal, decode_decision
from optimizer.history import History
from optimizer.problem import Problem
from service.ledger.history import history_of, problem_of, start_of
from service.ledger.in_force import in_force
from service.ledger.life_cycle import Action
from service.ledger.tables import AskRow, CourseRow, DecisionRow, ProposalRow, TrialRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Digests:
    """What must be the same for an answer to hold still."""

    context: str
    """SHA-256 of the Ask without its time."""
    problem: str
    history: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """An ask with what it rests on."""

    ask: Ask
    problem: Problem
    history: History
    seed: int

    @property
    def digests(self) -> Digests:
        """What the answer depends on."""
        return Digests(
            context=context_digest(self.ask),
            problem=self.problem.fingerprint,
            history=self.history.digest,
        )


def question(session: Session, course: CourseRow, context: Ask) -> Question:
    """Fill in what the record knows.

    Everything on record by now is part of it, also what a machine with a faster clock recorded: the question counts as put no
    earlier than the last of it, or the optimiser would not hear of harm told seconds ago.

    Args:
        session: The transaction at hand.
        course: The course.
        context: The caller's part of the question, with its time; settings in force and exclusions are read here.

    Returns:
        The question, with the seed of its course.
    """
    history = history_of(session, course.id)
    return Question(
        ask=replace(
            context,
            at=max((context.at, *_recorded(history))),
            in_force=in_force(history, start_of(course), context.at),
            exclude=_rejected(session, course.id),
        ),
        problem=problem_of(session, course),
        history=history,
        seed=_seed(course.id),
    )


def _recorded(history: History) -> Iterator[datetime]:
    """Give when each fact was recorded, by the clock of whoever recorded it."""
    yield from (trial.recorded_at for trial in history.trials)
    yield from (report.recorded_at for report in history.reports)
    yield from (review.recorded_at for review in history.reviews)
    yield from (entry.until for entry in history.past)


def usual_context(session: Session, course: CourseRow, now: datetime) -> Ask:
    """Return the context a course was asked in last, at another time; in clinic and nothing locked before the first ask."""
    query = select(AskRow.ask).filter_by(course_id=course.id).order_by(AskRow.sequence.desc()).limit(1)
    latest = session.scalar(query)
    if latest is None:
        return Ask(at=now, in_force=start_of(course))
    return replace(canonical.decode(Ask, latest), at=now)


def context_digest(ask: Ask) -> str:
    """Return the SHA-256 of a question without its time."""
    plain = {name: value for name, value in canonical.to_builtins(ask).items() if name != "at"}
    return hashlib.sha256(rfc8785.dumps(plain)).hexdigest()


def _rejected(session: Session, course_id: str) -> tuple[tuple[int, ...], ...]:
    """Grid points a clinician rejected since something was last applied."""
    last_trial = (
        select(TrialRow.sequence).filter_by(course_id=course_id).order_by(TrialRow.sequence.desc()).limit(1)
    )
    since = session.scalar(last_trial) or 0
    rows = session.scalars(
        select(ProposalRow.decision)
        .join(DecisionRow, DecisionRow.proposal_id == ProposalRow.id)
        .where(
            ProposalRow.course_id == course_id,
            DecisionRow.action == Action.REJECT,
            DecisionRow.sequence > since,
        )
        .order_by(DecisionRow.sequence)
    )
    decisions = [decode_decision(row) for row in rows]
    return tuple(d.settings.indices for d in decisions if isinstance(d, Proposal))


def _seed(course_id: str) -> int:
    """Return the seed of a course's questions, 31 bits: one for all, so that draws of the ask before need not be drawn again."""
    return int(hashlib.sha256(course_id.encode()).hexdigest()[:8], 16) & 0x7FFFFFFF
