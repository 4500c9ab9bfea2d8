"""How a command ends when something can be put right."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from optimizer.errors import OptimizerError
from service.errors import ServiceError

USAGE_ERROR = 2
"""Exit code of every refusal a user can put right."""


@contextmanager
def clear_errors() -> Iterator[None]:
    """Turn errors a user can put right into one line on standard error and exit code 2."""
    try:
        yield
    except (OptimizerError, ServiceError) as error:
        typer.echo(f"titrate: {error} [{error.code}]", err=True)
    except OSError as error:
        typer.echo(f"titrate: {error.filename or 'file'}: {error.strerror}.", err=True)
    else:
        return
    raise typer.Exit(USAGE_ERROR)
