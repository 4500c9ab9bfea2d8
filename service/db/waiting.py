"""Wait for the schema: the service makes the tables, whatever starts first, the database's server included."""

import logging
import threading

from service.db.engine import Database
from service.errors import DatabaseNotReadyError, DatabaseUnreachableError

_log = logging.getLogger(__name__)


def wait_for_schema(database: Database, stop: threading.Event) -> bool:
    """Wait until a database has the schema of this release.

    Args:
        database: The record.
        stop: Ends the wait.

    Returns:
        False where told to stop first.
    """
    said = ""
    while True:
        try:
            database.check()
        except (DatabaseNotReadyError, DatabaseUnreachableError) as error:
            if error.code != said:
                _log.info("waiting for the ledger", extra={"error": error.code})
            said = error.code
            if stop.wait(0.5):
                return False
        else:
            return True
