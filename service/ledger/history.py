"""Rows into domain values: the one place where the record becomes an ``optimizer.History``."""

from dataclasses import replace
from functools import lru_cache

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from optimizer import canonical
from optimizer.ask import Ask
from optimizer.decision import Decision, decode_decision
from optimizer.history import History
from optimizer.problem import Problem
from optimizer.trial import Applied, Report, Review
from service.ledger import amendments
from service.ledger.course_tables import ConfirmationRow, ProblemRow
from service.ledger.facts import fact
from service.ledger.preflight import impedance_ohm
from service.ledger.tables import AskRow, CourseRow, Entry, ProposalRow

APPLIED = ("trial", "amendment")
FACTS = (*APPLIED, "report", "review")
"""Kinds of entries that a history is made of."""
TIGHTER, LOOSER = "tighter", "looser"
"""Which way a problem was changed."""


def history_of(session: Session, course_id: str, *, up_to: int | None = None) -> History:
    """Return everything recorded about a course.

    Args:
        session: Any session.
        course_id: The course.
        up_to: The last ledger sequence to read; None reads all.

    Returns:
        The history; equal records give equal digests. A corrected trial stands as corrected, with what it was before.
    """
    query = select(Entry.kind, Entry.body).where(Entry.course_id == course_id, Entry.kind.in_(FACTS))
    if up_to is not None:
        query = query.where(Entry.sequence <= up_to)
    facts = [(kind, body) for kind, body in session.execute(query.order_by(Entry.sequence))]
    trials, amended = amendments.read(fact for fact in facts if fact[0] in APPLIED)
    return History(
        trials=trials,
        amended=amended,
        reports=tuple(fact(Report, body) for kind, body in facts if kind == "report"),
        reviews=tuple(fact(Review, body) for kind, body in facts if kind == "review"),
    )


def grew_since(session: Session, course_id: str, sequence: int) -> bool:
    """Return whether a history has more in it than up to a ledger sequence; it only grows, so else it is the same."""
    query = select(Entry.sequence).where(Entry.course_id == course_id, Entry.kind.in_(FACTS))
    return session.scalar(query.where(Entry.sequence > sequence).limit(1)) is not None


def problem_of(session: Session, course: CourseRow, *, up_to: int | None = None) -> Problem:
    """Return the problem a course is under, with the impedance measured last.

    Args:
        session: Any session.
        course: The course.
        up_to: The last ledger sequence to read; None reads all.
    """
    measured_ohm = impedance_ohm(session, course.id, up_to=up_to)
    return _problem(_stated(session, course, up_to), measured_ohm)


def stated_problem_of(session: Session, course: CourseRow, *, up_to: int | None = None) -> Problem:
    """Return the problem a course is under as people stated it: as opened or as last changed."""
    return _problem(_stated(session, course, up_to), None)


def opened_problem_of(course: CourseRow) -> Problem:
    """Return the problem a course was opened under, whatever was changed since."""
    return _problem(course.problem, None)


def start_of(course: CourseRow) -> Applied:
    """Return the settings the clinician stated at the start."""
    return canonical.decode(Applied, course.start)


def decision_of(row: ProposalRow) -> Decision:
    """Return the stored answer of the optimiser."""
    return decode_decision(row.decision)


def ask_of(session: Session, row: ProposalRow) -> Ask:
    """Return the question that a stored answer was given to."""
    return canonical.decode(Ask, session.scalar(select(AskRow.ask).filter_by(id=row.ask_id)) or "")


def _stated(session: Session, course: CourseRow, up_to: int | None) -> str:
    """Return the problem's document: a tighter one counts from its own entry, a looser one from its confirmation."""
    since = func.coalesce(ConfirmationRow.sequence, ProblemRow.sequence)
    query = (
        select(ProblemRow.problem)
        .outerjoin(ConfirmationRow, ConfirmationRow.problem_id == ProblemRow.id)
        .where(ProblemRow.course_id == course.id)
        .where(or_(ProblemRow.change == TIGHTER, ConfirmationRow.sequence.is_not(None)))
    )
    if up_to is not None:
        query = query.where(since <= up_to)
    return session.scalar(query.order_by(since.desc()).limit(1)) or course.problem


@lru_cache(maxsize=512)
def _problem(document: str, measured_ohm: float | None) -> Problem:
    """Problems are immutable and read at every step of a course."""
    problem = canonical.decode(Problem, document)
    if measured_ohm is None:
        return problem
    return replace(problem, space=replace(problem.space, impedance_ohm=measured_ohm))
