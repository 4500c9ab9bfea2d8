"""Find the courses of a site or of one patient."""

from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import aliased

from service.courses.ending_schemas import CourseEndView
from service.courses.schemas import CourseSummary
from service.ledger.course_tables import CourseEndRow
from service.ledger.ledger import Ledger
from service.ledger.tables import CourseRow, Entry


def listed(
    ledger: Ledger, *, patient_id: str | None, is_open: bool | None, after: int, limit: int
) -> list[CourseSummary]:
    """Return courses of this site in the order they were opened, after a sequence.

    Args:
        ledger: Any ledger.
        patient_id: Only this patient's; None means everybody's.
        is_open: Only those that go on, or only those that ended; None means both.
        after: The last ledger sequence already seen.
        limit: Most courses.

    Raises:
        NotFoundError: If the patient is not known here: a slip in an id must not look like a patient without courses.
    """
    page = _told().where(CourseRow.site == ledger.site, CourseRow.sequence > after)
    if patient_id is not None:
        page = page.where(CourseRow.patient_id == ledger.patient(patient_id).id)
    if is_open is not None:
        page = page.where(CourseEndRow.id.is_(None) if is_open else CourseEndRow.id.is_not(None))
    return [_summary(told) for told in ledger.session.execute(page.order_by(CourseRow.sequence).limit(limit))]


def _told() -> Select[CourseRow, Entry, str, Entry]:
    """Return a query of (course, entry of the course, reason of its end, entry of the end)."""
    opened, ended = aliased(Entry), aliased(Entry)
    return (
        select(CourseRow, opened, CourseEndRow.reason, ended)
        .join(opened, opened.sequence == CourseRow.sequence)
        .outerjoin(CourseEndRow, CourseEndRow.course_id == CourseRow.id)
        .outerjoin(ended, ended.sequence == CourseEndRow.sequence)
    )


def _summary(told: Any) -> CourseSummary:
    row, opened, reason, ended = told
    end = None
    if ended is not None:
        end = CourseEndView(reason=reason, occurred_at=ended.occurred_at, recorded_at=ended.recorded_at)
    return CourseSummary(
        id=row.id,
        sequence=row.sequence,
        patient_id=row.patient_id,
        device=row.device,
        opened_at=opened.recorded_at,
        ended=end,
    )
