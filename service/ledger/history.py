"""Rows into domain values: the one place where the record becomes an ``optimizer.History``."""

from functools import lru_cache
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from optimizer import canonical
from optimizer.decision import Decision, decode_decision
from optimizer.history import History
from optimizer.problem import Problem
from optimizer.trial import Applied, Report, Review, Trial
from service.ledger.tables import CourseRow, Entry, ProposalRow

T = TypeVar("T")


def history_of(session: Session, course_id: str, *, up_to: int | None = None) -> History:
    """Return everything recorded about a course.

    Args:
        session: Any session.
        course_id: The course.
        up_to: The last ledger sequence to read; None reads all.

    Returns:
        The history; equal records give equal digests.
    """
    return History(
        trials=_facts(session, course_id, "trial", Trial, up_to),
        reports=_facts(session, course_id, "report", Report, up_to),
        reviews=_facts(session, course_id, "review", Review, up_to),
    )


def problem_of(course: CourseRow) -> Problem:
    """Return the problem a course is under."""
    return _problem(course.problem)


def start_of(course: CourseRow) -> Applied:
    """Return the settings the clinician stated at the start."""
    return canonical.decode(Applied, course.start)


def decision_of(row: ProposalRow) -> Decision:
    """Return the stored answer of the optimiser."""
    return decode_decision(row.decision)


@lru_cache(maxsize=512)
def _problem(document: str) -> Problem:
    """Problems are immutable and read at every step of a course."""
    return canonical.decode(Problem, document)


def _facts(session: Session, course_id: str, name: str, kind: type[T], up_to: int | None) -> tuple[T, ...]:
    query = select(Entry.body).where(Entry.course_id == course_id, Entry.kind == name)
    if up_to is not None:
        query = query.where(Entry.sequence <= up_to)
    return tuple(canonical.decode(kind, body) for body in session.scalars(query.order_by(Entry.sequence)))
