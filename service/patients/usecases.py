"""Register and find patients."""

from sqlalchemy import select

from service.dependencies.requests import Answer
from service.errors import PseudonymTakenError
from service.ledger.ledger import Ledger
from service.ledger.tables import Entry, PatientRow
from service.patients.schemas import NewPatient, PatientView


def register(ledger: Ledger, new: NewPatient) -> Answer:
    """Put a pseudonym on record.

    Raises:
        PseudonymTakenError: If this site has it.
    """
    taken = select(PatientRow.id).filter_by(site=ledger.site, pseudonym=new.pseudonym)
    if ledger.session.scalar(taken) is not None:
        raise PseudonymTakenError("pseudonym", "is on record at this site", remedy="Choose another.")
    row = PatientRow(id=ledger.new_id(), site=ledger.site, pseudonym=new.pseudonym)
    ledger.append("patient", row, {"patient_id": row.id, "pseudonym": row.pseudonym})
    view = PatientView(id=row.id, pseudonym=row.pseudonym, registered_at=ledger.now)
    return Answer(status=201, body=view, headers={"Location": f"/v1/patients/{row.id}"})


def find(ledger: Ledger, patient_id: str) -> PatientView:
    """Return a patient of this site."""
    row = ledger.patient(patient_id)
    recorded = ledger.session.scalar(select(Entry.recorded_at).filter_by(id=row.id))
    assert recorded is not None  # noqa: S101 - a foreign key holds it
    return PatientView(id=row.id, pseudonym=row.pseudonym, registered_at=recorded)


def listed(ledger: Ledger, pseudonym: str | None) -> list[PatientView]:
    """Return the patients of this site, by pseudonym, or the one that has a given one."""
    query = select(PatientRow, Entry.recorded_at).join(Entry, Entry.sequence == PatientRow.sequence)
    query = query.where(PatientRow.site == ledger.site).order_by(PatientRow.sequence).limit(1000)
    if pseudonym is not None:
        query = query.where(PatientRow.pseudonym == pseudonym)
    return [
        PatientView(id=row.id, pseudonym=row.pseudonym, registered_at=at)
        for row, at in ledger.session.execute(query)
    ]
