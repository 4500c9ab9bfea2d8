"""A first fact, for tests of what keeps facts."""

from service.clock import system_clock
from service.db.engine import Database
from service.ledger.ledger import Ledger
from service.ledger.tables import PatientRow


def add_patient(database: Database, name: str, *, site: str = "a") -> str:
    """Append a patient of a site and return the id."""
    with database.write() as session:
        ledger = Ledger(session, site=site, principal="p", now=system_clock())
        row = PatientRow(id=ledger.new_id(), site=site, pseudonym=name)
        return ledger.append("patient", row, {"pseudonym": name}).id
