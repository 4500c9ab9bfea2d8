"""How far behind the projection is, from the ledger alone: no mlflow, so any process may ask."""

from service.db.engine import Database
from service.ledger import outbox
from service.settings import Settings


def relay_name(namespace: str) -> str:
    """Return the name a projection keeps its lease and its progress under."""
    return f"mlflow:{namespace}"


def lag(settings: Settings, *, namespace: str = "titrate") -> int:
    """Return how many ledger entries MLflow does not show yet.

    Args:
        settings: Where the ledger lies.
        namespace: Head of the experiments' names.

    Returns:
        0 when the projection is in step.

    Raises:
        DatabaseNotReadyError: If the ledger has another schema.
    """
    database = Database(settings.database_url, busy_timeout_s=settings.busy_timeout_s)
    try:
        database.check()
        with database.read() as session:
            return outbox.lag(session, relay_name(namespace))
    finally:
        database.close()
