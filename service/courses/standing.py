"""What lets a course go on: checks of device and patient, and consent to another version of the optimiser."""

import json

from service.courses.standing_schemas import (
    CheckOutcome,
    CheckView,
    MigrationView,
    NewCheck,
    NewMigration,
    NewPreflight,
    PreflightView,
    VersionChange,
)
from service.dependencies.requests import Answer
from service.errors import ConflictError, SchemaError
from service.ledger import course_end, course_version, drafts, optimizer_version, preflight
from service.ledger.course_tables import MigrationRow, PreflightRow
from service.ledger.in_force import CLOCK_TOLERANCE
from service.ledger.ledger import Ledger
from service.ledger.preflight import IMPEDANCE, Found, Standing


def record_preflight(ledger: Ledger, course_id: str, new: NewPreflight) -> Answer:
    """Put checks on record, all or none.

    Raises:
        NotFoundError: If the course is not known here.
        SchemaError: If the device asks for no such check, an outcome is not of its kind, a date lies in the future, or an
            impedance is missing or out of place.
    """
    course = ledger.course(course_id)
    asked = {entry.check: entry for entry in preflight.asked_of(course)}
    for index, item in enumerate(new.checks):
        field = f"checks.{index}"
        if item.check not in asked:
            raise SchemaError(f"{field}.check", "is not asked for by the device", limit=", ".join(asked))
        _check_shape(ledger, field, item, contraindication=asked[item.check].contraindication)
    for item in new.checks:
        row = PreflightRow(
            id=ledger.new_id(),
            course_id=course.id,
            name=item.check,
            passed=item.outcome in (CheckOutcome.PASSED, CheckOutcome.ABSENT),
            impedance_ohm=None if item.impedance_ohm is None else float(item.impedance_ohm),
            checked_at=item.checked_at or ledger.now,
        )
        body = {"check": row.name, "impedance_ohm": row.impedance_ohm, "outcome": str(item.outcome)}
        ledger.append("preflight", row, body, course_id=course.id, occurred_at=row.checked_at)
    return Answer(status=201, body=view_preflight(ledger, course.id))


def view_preflight(ledger: Ledger, course_id: str) -> PreflightView:
    """Return what the device asks for and where it stands."""
    course = ledger.course(course_id)
    found = preflight.standings(ledger.session, course, ledger.now)
    return PreflightView(
        course_id=course.id,
        clear=all(entry.standing is Standing.PASSED for entry in found),
        checks=[_view(entry) for entry in found],
    )


def migrate(ledger: Ledger, course_id: str, new: NewMigration) -> Answer:
    """Let a course go on under the installed optimiser.

    Raises:
        NotFoundError: If the course is not known here.
        ConflictError: If it has ended, or runs under it already.
    """
    course = ledger.course(course_id)
    course_end.check_running(ledger.session, course.id)
    before = course_version.of_course(ledger.session, course)
    now = optimizer_version.installed()
    if before == now:
        raise ConflictError("course", "runs under the installed optimiser already", remedy="Ask.")
    row = MigrationRow(id=ledger.new_id(), course_id=course.id, versions=now)
    body = {
        "before": None if before is None else json.loads(before),
        "signed_by": new.signed_by,
        "versions": json.loads(now),
    }
    ledger.append("migration", row, body, course_id=course.id)
    drafts.drop(ledger.session, course.id)  # the optimiser of before computed it
    changes = [
        VersionChange(package=name, before=old, after=new_)
        for name, (old, new_) in optimizer_version.difference(before, now).items()
    ]
    view = MigrationView(id=row.id, course_id=course.id, changes=changes, recorded_at=ledger.now)
    return Answer(status=201, body=view)


def _check_shape(ledger: Ledger, field: str, item: NewCheck, *, contraindication: bool) -> None:
    of_kind = (
        (CheckOutcome.ABSENT, CheckOutcome.PRESENT)
        if contraindication
        else (CheckOutcome.PASSED, CheckOutcome.FAILED)
    )
    if item.outcome not in of_kind:
        raise SchemaError(f"{field}.outcome", "is not one of this check", limit=", ".join(of_kind))
    if (item.check == IMPEDANCE) != (item.impedance_ohm is not None):
        raise SchemaError(f"{field}.impedance_ohm", f"is due with {IMPEDANCE}, and only there")
    if item.checked_at is not None and item.checked_at > ledger.now + CLOCK_TOLERANCE:
        # a date in the future would keep a check fresh for as long as one likes
        raise SchemaError(f"{field}.checked_at", "lies in the future")


def _view(found: Found) -> CheckView:
    return CheckView(
        check=found.asked.check,
        contraindication=found.asked.contraindication,
        standing=found.standing.value,
        checked_at=found.checked_at,
        valid_until=found.valid_until,
        source=found.asked.source,
        evidence=found.asked.evidence,
    )
