"""An empty ledger on SQLite without the time its migrations take, for tests that are not about those."""

import tempfile
from functools import cache
from pathlib import Path

from service.db.engine import Database

FILE = "ledger.sqlite"


@cache
def schema() -> bytes:
    """Migrate a file, once a process, and return what it holds."""
    with tempfile.TemporaryDirectory(prefix="titrate-schema-") as folder:
        path = Path(folder) / FILE
        database = Database(f"sqlite:///{path}")
        database.migrate()
        database.close()
        return path.read_bytes()


def new_ledger(folder: Path, *, busy_timeout_s: float = 20.0) -> Database:
    """Make an empty ledger where a server on this folder keeps it."""
    (folder / FILE).write_bytes(schema())
    return Database(f"sqlite:///{folder / FILE}", busy_timeout_s=busy_timeout_s)
