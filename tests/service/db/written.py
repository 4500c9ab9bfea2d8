"""A first fact, for tests of what keeps facts."""

from service.clock import system_clock
from service.db.engine import Database
from service.ledger.ledger import Ledger
from service.ledger.tables import PatientRow


def add_patient(database: Database, name: str) -> None:
    """Append a patient of a site."""
    with database.write() as session:
        ledger = Ledger(session, site="a", principal="p", now=system_clock())
        ledger.append(
            "patient", PatientRow(id=ledger.new_id(), site="a", pseudonym=name), {"pseudonym": name}
        )
