"""The outbox as the relay reads it: references in order, one lease, progress per course."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from service.ledger.tables import OutboxRow, RelayLeaseRow, RelayProgressRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A course that the projection is behind on."""

    course_id: str
    after: int
    """The last sequence it shows; 0 for none."""
    attempts: int
    newest: int
    """The newest sequence of the course."""


def take_lease(session: Session, name: str, holder: str, now: datetime, span: timedelta) -> bool:
    """Take or renew the one lease of a relay; returns whether this holder has it until ``now + span``."""
    values = {"holder": holder, "expires_at": now + span}
    free = or_(RelayLeaseRow.holder == holder, RelayLeaseRow.expires_at <= now)
    taken = session.execute(
        update(RelayLeaseRow)
        .where(RelayLeaseRow.name == name, free)
        .values(**values)
        .returning(RelayLeaseRow.name)
    ).first()
    if taken is not None:
        return True
    try:
        with session.begin_nested():
            session.add(RelayLeaseRow(name=name, **values))
    except IntegrityError:
        return False
    return True


def pending(session: Session, name: str, now: datetime, limit: int = 100) -> tuple[Pending, ...]:
    """Return the courses with entries the relay has not shown, without those that wait after a failure.

    Oldest first, those that failed before after all others: a course that never succeeds stands in nobody's way.
    """
    newest = func.max(OutboxRow.sequence)
    shown = func.coalesce(RelayProgressRow.sequence, 0)
    attempts_before = func.coalesce(RelayProgressRow.attempts, 0)
    rows = session.execute(
        select(OutboxRow.course_id, shown, attempts_before, newest)
        .outerjoin(
            RelayProgressRow,
            (RelayProgressRow.course_id == OutboxRow.course_id) & (RelayProgressRow.name == name),
        )
        .where(OutboxRow.sequence > shown)
        .where(or_(RelayProgressRow.next_attempt_at.is_(None), RelayProgressRow.next_attempt_at <= now))
        .group_by(OutboxRow.course_id, RelayProgressRow.sequence, RelayProgressRow.attempts)
        .order_by(attempts_before, func.min(OutboxRow.sequence))
        .limit(limit)
    )
    return tuple(
        Pending(course_id=course, after=after, attempts=attempts, newest=last)
        for course, after, attempts, last in rows
    )


def record_shown(session: Session, name: str, course_id: str, sequence: int) -> None:
    """Say that the projection shows a course up to a sequence; never goes back."""
    row = _progress(session, name, course_id)
    row.sequence = max(row.sequence, sequence)
    row.attempts, row.next_attempt_at, row.error = 0, None, None


def record_failure(
    session: Session, name: str, course_id: str, *, error: str, next_attempt_at: datetime
) -> None:
    """Say that the relay failed on a course, with a code, and when to try again."""
    row = _progress(session, name, course_id)
    row.attempts += 1
    row.next_attempt_at, row.error = next_attempt_at, error


def forget_progress(session: Session, name: str) -> None:
    """Start a projection from nothing; the record itself is untouched."""
    for row in session.scalars(select(RelayProgressRow).where(RelayProgressRow.name == name)):
        session.delete(row)


def lag(session: Session, name: str) -> int:
    """Return how many entries the projection does not show yet."""
    shown = func.coalesce(RelayProgressRow.sequence, 0)
    count = session.scalar(
        select(func.count())
        .select_from(OutboxRow)
        .outerjoin(
            RelayProgressRow,
            (RelayProgressRow.course_id == OutboxRow.course_id) & (RelayProgressRow.name == name),
        )
        .where(OutboxRow.sequence > shown)
    )
    return count or 0


def _progress(session: Session, name: str, course_id: str) -> RelayProgressRow:
    row = session.get(RelayProgressRow, (name, course_id))
    if row is None:
        row = RelayProgressRow(
            name=name, course_id=course_id, sequence=0, attempts=0, next_attempt_at=None, error=None
        )
        session.add(row)
    return row
