"""What the checks of a device say now: passed, failed, missing or stale."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from optimizer.space.device import Preflight, device_names, load_device
from service.ledger.course_tables import PreflightRow
from service.ledger.tables import CourseRow

IMPEDANCE = "impedance"
"""The check that measures; compliance voltage is held against what it found."""


class Standing(StrEnum):
    """Where a check stands."""

    PASSED = "passed"
    FAILED = "failed"
    """Or, of a contraindication, present."""
    MISSING = "missing"
    STALE = "stale"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A check the device asks for, and what is on record about it."""

    asked: Preflight
    standing: Standing
    checked_at: datetime | None = None
    valid_until: datetime | None = None


def asked_of(course: CourseRow) -> tuple[Preflight, ...]:
    """Return the checks the course's device asks for; none for a device that ships no longer."""
    name = course.device.partition("/")[0]
    return load_device(name).preflight if name in device_names() else ()


def standings(
    session: Session, course: CourseRow, now: datetime, *, up_to: int | None = None
) -> tuple[Found, ...]:
    """Return every check of a course's device and where it stands.

    Args:
        session: Any session.
        course: The course.
        now: The instant.
        up_to: The last ledger sequence to read; None reads all.

    Returns:
        One entry a check, in the order of the device file. Of several findings the one checked last counts.
    """
    query = select(PreflightRow).filter_by(course_id=course.id)
    if up_to is not None:
        query = query.where(PreflightRow.sequence <= up_to)
    latest = {
        row.name: row
        for row in session.scalars(query.order_by(PreflightRow.checked_at, PreflightRow.sequence))
    }
    return tuple(_found(asked, latest.get(asked.check), now) for asked in asked_of(course))


def impedance_ohm(session: Session, course_id: str, *, up_to: int | None = None) -> float | None:
    """Return the impedance measured last, or None."""
    query = select(PreflightRow.impedance_ohm).where(
        PreflightRow.course_id == course_id, PreflightRow.impedance_ohm.is_not(None)
    )
    if up_to is not None:
        query = query.where(PreflightRow.sequence <= up_to)
    latest = query.order_by(PreflightRow.checked_at.desc(), PreflightRow.sequence.desc())
    return session.scalar(latest.limit(1))


def _found(asked: Preflight, row: PreflightRow | None, now: datetime) -> Found:
    if row is None:
        return Found(asked=asked, standing=Standing.MISSING)
    until = row.checked_at + timedelta(days=asked.valid_days)
    fresh = Standing.STALE if now > until else Standing.PASSED
    return Found(
        asked=asked,
        standing=fresh if row.passed else Standing.FAILED,
        checked_at=row.checked_at,
        valid_until=until,
    )
