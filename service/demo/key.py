"""The demonstration's key: made once, kept readable by its owner alone."""

import os
from datetime import datetime
from pathlib import Path

from service.auth.keys import issue_key, principal_of
from service.auth.principal import Role
from service.db.engine import Database
from service.errors import AuthenticationError

SITE = "demo"
FILE = "demo-key"
ROLES = (Role.CLINICIAN, Role.RECORDER, Role.RESEARCHER, Role.AUDITOR, Role.ADMINISTRATOR)


def demo_key(database: Database, folder: Path, now: datetime) -> str:
    """Return a key that works, the kept one where it still does.

    Args:
        database: The ledger, migrated.
        folder: Where the key is kept, with mode 0600.
        now: The instant.

    Returns:
        The key.
    """
    path = folder / FILE
    if path.is_file():
        kept = path.read_text(encoding="utf-8").strip()
        try:
            with database.read() as session:
                principal_of(session, kept, now)
        except AuthenticationError:
            path.unlink()  # expired, or of another ledger
        else:
            return kept
    with database.write() as session:
        key = issue_key(session, principal="demo", site=SITE, roles=ROLES, now=now)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(key + "\n")
    return key
