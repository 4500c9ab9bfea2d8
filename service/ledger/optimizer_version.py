"""Which optimiser is installed, by its code and not by its version number alone, and which one a course runs under."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version

import rfc8785
from sqlalchemy import select
from sqlalchemy.orm import Session

from optimizer import source
from service.ledger.course_tables import MigrationRow
from service.ledger.tables import CourseRow

PACKAGES = ("titrate", "torch", "botorch", "gpytorch", "linear_operator", "numpy", "scipy")
"""Whose versions decide the bits of an answer; read from what is installed, which is what the lock file put there."""
CODE = "optimizer"
"""Stands beside the packages for the digest of the optimiser's own sources: they may change under one version number."""


@cache
def installed() -> str:
    """Return the canonical JSON of package -> version, and of the code's digest, as this process found them first.

    Loads none of them. A file that changes later changes nothing here: what runs is what was loaded.
    """
    return rfc8785.dumps({name: version(name) for name in PACKAGES} | {CODE: source.digest()}).decode()


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
