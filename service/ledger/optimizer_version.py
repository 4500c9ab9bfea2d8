"""Which optimiser is installed, and which one a course runs under."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version

import rfc8785
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.ledger.course_tables import MigrationRow
from service.ledger.tables import CourseRow

PACKAGES = ("titrate", "torch", "botorch", "gpytorch", "linear_operator", "numpy", "scipy")
"""Whose versions decide the bits of an answer; read from what is installed, which is what the lock file put there."""


@cache
def installed() -> str:
    """Return the canonical JSON of package -> version; loads none of them."""
    return rfc8785.dumps({name: version(name) for name in PACKAGES}).decode()


def of_course(session: Session, course: CourseRow, *, up_to: int | None = None) -> str | None:
    """Return the versions a course runs under, or None where it was opened before versions were kept."""
    query = select(MigrationRow.versions).filter_by(course_id=course.id)
    if up_to is not None:
        query = query.where(MigrationRow.sequence <= up_to)
    migrated = session.scalar(query.order_by(MigrationRow.sequence.desc()).limit(1))
    return migrated or course.optimizer


def difference(recorded: str | None, present: str) -> dict[str, tuple[str, str]]:
    """Return package -> (recorded, present) version of every package that differs; ``unknown`` where none was kept."""
    before: Mapping[str, str] = json.loads(recorded) if recorded else {}
    now: Mapping[str, str] = json.loads(present)
    names = sorted(before.keys() | now.keys())
    pairs = {name: (before.get(name, "unknown"), now.get(name, "unknown")) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
