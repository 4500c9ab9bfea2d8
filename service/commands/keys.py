"""``titrate keys``: API keys, for callers without an identity provider."""

from typing import TYPE_CHECKING, Annotated

import typer

from service.commands.clear_errors import clear_errors

if TYPE_CHECKING:
    from rich.table import Table

    from service.keyring import KeyEntry

commands = typer.Typer(no_args_is_help=True)
COLUMNS = ("prefix", "principal", "site", "roles", "patient", "state", "expires", "last used", "follows")
PREFIX_LENGTH = 12

Prefix = Annotated[
    str, typer.Argument(help="The public part of the key: the twelve characters after titrate_.")
]
Days = Annotated[int, typer.Option(min=1, max=3650, help="How long it works.")]


@commands.callback()
def keys_group() -> None:
    """Give the commands of keys their place below one name."""


@commands.command()
def create(
    principal: Annotated[str, typer.Option(help="Who will use it, for example ward-3.")],
    role: Annotated[list[str], typer.Option(help="What it may do; may come several times.")],
    site: Annotated[str, typer.Option(help="The site it opens.")] = "default",
    days: Days = 90,
    patient_id: Annotated[str | None, typer.Option(help="The one patient of a patient app.")] = None,
) -> None:
    """Make an API key and print it, this once."""
    with clear_errors():
        from service.environment import read_settings
        from service.keyring import Keyring

        typer.echo(
            Keyring(read_settings()).create(principal, role, site=site, days=days, patient_id=patient_id)
        )


@commands.command()
def rotate(
    prefix: Prefix,
    overlap_hours: Annotated[
        int, typer.Option(min=0, max=720, help="How long the old key goes on working.")
    ] = 24,
    days: Days = 90,
) -> None:
    """Make a key that takes the place of another, and print it, this once; both work for a while."""
    with clear_errors():
        from service.environment import read_settings
        from service.keyring import Keyring

        typer.echo(Keyring(read_settings()).replace(prefix, overlap_hours=overlap_hours, days=days))


@commands.command()
def revoke(prefix: Prefix) -> None:
    """Let a key work no longer, at once."""
    with clear_errors():
        from service.environment import read_settings
        from service.keyring import Keyring

        Keyring(read_settings()).revoke(prefix)
        typer.echo(f"revoked: {prefix}")


@commands.command("list")
def listed() -> None:
    """List every key, with when it was last used; nothing listed opens anything. Through a pipe, tabs part the columns."""
    with clear_errors():
        from rich.console import Console

        from service.environment import read_settings
        from service.keyring import Keyring

        rows = [_row(entry) for entry in Keyring(read_settings()).entries()]
        console = Console()
        if console.is_terminal:
            console.print(_table(rows))
            return
        for row in (COLUMNS, *rows):
            typer.echo("\t".join(row))


def _row(entry: "KeyEntry") -> tuple[str, ...]:
    used = "never" if entry.last_used_at is None else f"{entry.last_used_at:%Y-%m-%d %H:%M}"
    expires = f"{entry.expires_at:%Y-%m-%d %H:%M}"
    named = (entry.prefix, entry.principal, entry.site, entry.roles, entry.patient_id or "")
    return (*named, entry.state, expires, used, entry.follows or "")


def _table(rows: list[tuple[str, ...]]) -> "Table":
    """Return the rows as a table that keeps the prefix whole, as it is what `rotate` and `revoke` ask for."""
    from rich.table import Column, Table

    prefix, *others = COLUMNS
    folding = (Column(name, overflow="fold") for name in others)
    table = Table(Column(prefix, no_wrap=True, min_width=PREFIX_LENGTH), *folding, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(cell.replace(",", ", ") for cell in row))
    return table
