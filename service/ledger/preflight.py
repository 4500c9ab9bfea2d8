"""What the checks of a device say now: passed, failed, missing or stale."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from optimizer.space.device import Preflight, device_names, load_device
from service.ledger.course_tables import PreflightRow
from service.ledger.tables import CourseRow, Entry

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
        One entry a check, in the order of the device file. Of several findings those checked last count; of findings recorded
        together, as of two leads, the worst: a failed one, else the one that is stale first.
    """
    latest = _latest(session, course.id, up_to)
    worst = {name: min(rows, key=lambda row: (row.passed, row.checked_at)) for name, rows in latest.items()}
    return tuple(_found(asked, worst.get(asked.check), now) for asked in asked_of(course))


def impedance_ohm(session: Session, course_id: str, *, up_to: int | None = None) -> float | None:
    """Return the impedance measured last, the highest of those recorded together, or None."""
    measured = [row.impedance_ohm for row in _latest(session, course_id, up_to).get(IMPEDANCE, ())]
    return max((ohm for ohm in measured if ohm is not None), default=None)


def _latest(session: Session, course_id: str, up_to: int | None) -> dict[str, list[PreflightRow]]:
    """Return, of each check, the findings that were recorded together and checked last.

    Nobody says which lead a finding is of, so one does not take the place of another that came with it. What was recorded
    together shares its instant.
    """
    query = select(PreflightRow, Entry.recorded_at).join(Entry, Entry.sequence == PreflightRow.sequence)
    query = query.where(PreflightRow.course_id == course_id)
    if up_to is not None:
        query = query.where(PreflightRow.sequence <= up_to)
    together: dict[str, dict[datetime, list[PreflightRow]]] = {}
    for row, recorded_at in session.execute(query.order_by(PreflightRow.sequence)):
        together.setdefault(row.name, {}).setdefault(recorded_at, []).append(row)
    return {name: max(groups.values(), key=_checked_last) for name, groups in together.items()}


def _checked_last(rows: list[PreflightRow]) -> tuple[datetime, int]:
    return max(row.checked_at for row in rows), rows[-1].sequence


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
