"""How a command ends when something can be put right."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from optimizer.errors import OptimizerError
from service.errors import DatabaseUnreachableError, ServiceError

USAGE_ERROR = 2
"""Exit code of every refusal a user can put right."""


@contextmanager
def clear_errors() -> Iterator[None]:
    """Turn errors a user can put right into one line on standard error and exit code 2."""
    try:
        yield
    except (OptimizerError, ServiceError) as error:
        _say(error)
    except OSError as error:
        typer.echo(f"titrate: {error.filename or 'file'}: {error.strerror}.", err=True)
    except Exception as error:
        refused = _of_database(error)
        if refused is None:
            raise
        _say(refused)
    else:
        return
    raise typer.Exit(USAGE_ERROR)


def _say(error: OptimizerError | ServiceError) -> None:
    typer.echo(f"titrate: {error} [{error.code}]", err=True)


def _of_database(error: Exception) -> ServiceError | None:
    """Return what a failure of the database says to whoever runs a command: a full disk, a role without the right."""
    # here, as a command that never met a database need not load what speaks to one
    from sqlalchemy.exc import DBAPIError

    from service.db.failure import first_line

    if not isinstance(error, DBAPIError):
        return None
    return DatabaseUnreachableError(
        "database",
        f"refused: {first_line(error)}",
        remedy="Check its disk, its server and the rights of the role.",
    )
