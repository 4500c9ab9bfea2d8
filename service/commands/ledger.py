"""``titrate ledger``: check the record, sign where it stands, bound who may change it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.commands.clear_errors import clear_errors

if TYPE_CHECKING:
    from service.db.engine import Database
    from service.settings import Settings

commands = typer.Typer(no_args_is_help=True)
TAMPERED = 1
"""Exit code where record and chain disagree."""


@commands.callback()
def ledger_group() -> None:
    """Give the commands of the ledger their place below one name."""


@commands.command()
def verify(
    checkpoint: Annotated[
        Path | None, typer.Option(help="A signed checkpoint to hold the chain against.")
    ] = None,
    public_key: Annotated[
        Path | None, typer.Option(help="Who signed it; left out, this installation.")
    ] = None,
) -> None:
    """Check every row of the record against its chain; exit code 1 where something was tampered with."""
    from service.ledger import checkpoint as checkpoints
    from service.ledger.verify import verify as check
    from service.ledger.verify_access import access_findings

    with clear_errors(), _ledger() as (settings, database):
        mark = None
        if checkpoint is not None:
            key = (
                checkpoints.read_public_key(public_key)
                if public_key
                else checkpoints.signing_key(settings.data_folder)
            )
            mark = checkpoints.read(checkpoint.read_text(encoding="utf-8"), key)
        database.check()
        with database.snapshot() as connection:
            verdict = check(connection, mark)
            findings = [*verdict.findings, *access_findings(connection)]
        for finding in findings:
            typer.echo(str(finding))
        typer.echo(f"links: {verdict.links}, last digest: {verdict.digest}, findings: {len(findings)}")
        if mark is None:
            typer.echo(
                "Without a checkpoint a cut-off end cannot be told from a shorter record (--checkpoint FILE)."
            )
    if findings:
        raise typer.Exit(TAMPERED)


@commands.command()
def checkpoint(
    out: Annotated[Path | None, typer.Option(help="Write it here; left out, to standard output.")] = None,
) -> None:
    """Sign where the chain stands; keep the result away from the database."""
    from service.clock import system_clock
    from service.ledger.checkpoint import sign, signing_key
    from service.ledger.verify import head

    with clear_errors(), _ledger() as (settings, database):
        database.check()
        with database.snapshot() as connection:
            signed = sign(head(connection), system_clock(), signing_key(settings.data_folder))
        if out is None:
            typer.echo(signed)
        else:
            out.write_text(signed + "\n", encoding="utf-8")


@commands.command("public-key")
def public_key() -> None:
    """Print the key that checkpoints of this installation are checked with."""
    from service.ledger import checkpoint as checkpoints

    with clear_errors(), _ledger() as (settings, database):
        database.check()
        typer.echo(checkpoints.public_key(checkpoints.signing_key(settings.data_folder)))


@commands.command()
def grant(
    role: Annotated[str, typer.Option(help="The role web and worker processes connect as.")],
) -> None:
    """On PostgreSQL, as the owner: migrate, and let a role add to the record but never change it."""
    from service.ledger.rights import grant as give

    with clear_errors(), _ledger() as (_, database):
        typer.echo(f"may only be added to: {', '.join(give(database, role))}")


@contextmanager
def _ledger() -> Iterator[tuple["Settings", "Database"]]:
    from service.db.engine import Database
    from service.environment import read_settings

    settings = read_settings()
    database = Database(settings.database_url, busy_timeout_s=settings.busy_timeout_s)
    try:
        yield settings, database
    finally:
        database.close()
