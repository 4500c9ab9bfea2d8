"""What may be said of a failure of the database: its kind in the log, the driver's first line to whoever runs a command.

The rest of a driver's message is left out everywhere: PostgreSQL quotes whole rows in its details.
"""

from sqlalchemy.exc import DBAPIError


def kind_of(error: DBAPIError) -> str:
    """Return the kind of a failure, fit for the log: ``OperationalError SQLITE_FULL``, ``OperationalError 53100``."""
    code = getattr(error.orig, "sqlite_errorname", None) or getattr(error.orig, "sqlstate", None)
    return f"{type(error).__qualname__} {code}" if code else type(error).__qualname__


def first_line(error: DBAPIError) -> str:
    """Return what the driver said, without the details that follow."""
    line, _, _ = str(error.orig).partition("\n")
    return line
