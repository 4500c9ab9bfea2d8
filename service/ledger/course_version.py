"""Which optimiser a course runs under: the one it was opened under, or was migrated to last."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.ledger.course_tables import MigrationRow
from service.ledger.tables import CourseRow


def of_course(session: Session, course: CourseRow, *, up_to: int | None = None) -> str | None:
    """Return the versions a course runs under, or None where it was opened before versions were kept."""
    query = select(MigrationRow.versions).filter_by(course_id=course.id)
    if up_to is not None:
        query = query.where(MigrationRow.sequence <= up_to)
    migrated = session.scalar(query.order_by(MigrationRow.sequence.desc()).limit(1))
    return migrated or course.optimizer
