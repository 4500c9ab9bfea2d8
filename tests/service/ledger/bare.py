"""A ledger without a service around it, for tests that write rows themselves."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from service.db.engine import Database
from service.ledger.ledger import Ledger
from service.ledger.tables import CourseRow, PatientRow
from tests.service.new_ledger import new_ledger

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


@contextmanager
def empty_ledger(folder: Path) -> Iterator[Database]:
    """Make a ledger; several tests may use it, each in a transaction that is taken back."""
    found = new_ledger(folder)
    yield found
    found.close()


@contextmanager
def taken_back(database: Database) -> Iterator[Ledger]:
    """Give a transaction of a principal of site ``a`` that ends in nothing."""
    with database.write() as session:
        yield Ledger(session, site="a", principal="dr", now=NOW)
        session.rollback()


def course_of(
    ledger: Ledger,
    pseudonym: str,
    *,
    device: str = "d",
    optimizer: str | None = None,
    patient_id: str | None = None,
) -> CourseRow:
    """Write a course, and its patient unless there is one."""
    if patient_id is None:
        patient = PatientRow(id=ledger.new_id(), site=ledger.site, pseudonym=pseudonym)
        patient_id = ledger.append("patient", patient, {}).id
    row = CourseRow(
        id=ledger.new_id(),
        site=ledger.site,
        patient_id=patient_id,
        device=device,
        problem="{}",
        problem_fingerprint="f",
        start="{}",
        optimizer=optimizer,
    )
    return ledger.append("course", row, {}, course_id=row.id)
