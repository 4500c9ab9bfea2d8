"""Whether a course has ended, and what that refuses: what would be done with it from then on, and no fact."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from service.errors import CourseEndedError
from service.ledger.course_tables import CourseEndRow
from service.ledger.tables import Entry


class CourseEnd(NamedTuple):
    """The end of a course as it is on record."""

    sequence: int
    reason: str
    occurred_at: datetime
    recorded_at: datetime


def end_of(session: Session, course_id: str, *, up_to: int | None = None) -> CourseEnd | None:
    """Return the end of a course, or None where it goes on.

    Args:
        session: Any session.
        course_id: The course.
        up_to: The last ledger sequence to read; None reads all.
    """
    query = (
        select(CourseEndRow.sequence, CourseEndRow.reason, Entry.occurred_at, Entry.recorded_at)
        .join(Entry, Entry.sequence == CourseEndRow.sequence)
        .where(CourseEndRow.course_id == course_id)
    )
    if up_to is not None:
        query = query.where(CourseEndRow.sequence <= up_to)
    found = session.execute(query).one_or_none()
    return None if found is None else CourseEnd(*found)


def check_running(session: Session, course_id: str) -> None:
    """Refuse what only a course that goes on allows.

    Raises:
        CourseEndedError: If the course has ended.
    """
    if end_of(session, course_id) is not None:
        raise CourseEndedError("course", "has ended", remedy="Open another course.")


def has_ended(course_id: Any) -> ColumnElement[bool]:
    """Return, of a query with a column of course ids, the condition that the course has ended."""
    return exists().where(CourseEndRow.course_id == course_id)
