"""Wait for the schema: the service makes the tables, whatever starts first."""

import logging
import threading

from service.db.engine import Database
from service.errors import DatabaseNotReadyError

_log = logging.getLogger(__name__)


def wait_for_schema(database: Database, stop: threading.Event) -> bool:
    """Wait until a database has the schema of this release.

    Args:
        database: The record.
        stop: Ends the wait.

    Returns:
        False where told to stop first.
    """
    said = False
    while True:
        try:
            database.check()
        except DatabaseNotReadyError:
            if not said:
                _log.info("waiting for the ledger's schema")
            said = True
            if stop.wait(0.5):
                return False
        else:
            return True
