"""Hold the trail of access against its batches: an independent check, like ``service.ledger.verify``.

A link of the chain vouches for a batch, the batch for its rows: their number, their order, every column.
"""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import rfc8785
from sqlalchemy import Connection, text

from service.ledger.verify import Finding, Tampering

AT_ONCE = 200


def access_findings(connection: Connection) -> Iterator[Finding]:
    """Give every place where rows and batches disagree.

    Args:
        connection: In a transaction that sees one state of the database throughout.

    Yields:
        Findings in the order of batches, then rows of no batch.
    """
    batches = connection.execute(
        text("SELECT sequence, n_rows, digest FROM access_batches ORDER BY sequence")
    ).all()
    for place in range(0, len(batches), AT_ONCE):
        page = batches[place : place + AT_ONCE]
        rows = _rows_of(connection, page[0].sequence, page[-1].sequence)
        for batch in page:
            yield from _held(batch.sequence, batch.n_rows, batch.digest, rows.get(batch.sequence, []))
    stray = text(
        "SELECT sequence FROM access WHERE batch NOT IN (SELECT sequence FROM access_batches) ORDER BY sequence"
    )
    for sequence in connection.scalars(stray):
        yield _finding(Tampering.INSERTED, sequence)


def _held(batch: int, n_rows: int, digest: str, rows: Sequence[dict[str, Any]]) -> Iterator[Finding]:
    if digest == _digest(rows) and n_rows == len(rows):
        return
    what = Tampering.EDITED
    if len(rows) != n_rows:
        what = Tampering.DELETED if len(rows) < n_rows else Tampering.INSERTED
    yield _finding(what, rows[0]["sequence"] if rows else None, f"access, batch {batch}")


def _rows_of(connection: Connection, first: int, last: int) -> dict[int, list[dict[str, Any]]]:
    query = text("SELECT * FROM access WHERE batch BETWEEN :first AND :last ORDER BY sequence")
    found: dict[int, list[dict[str, Any]]] = {}
    for row in connection.execute(query, {"first": first, "last": last}).mappings():
        found.setdefault(row["batch"], []).append({name: _said(name, value) for name, value in row.items()})
    return found


def _said(name: str, value: Any) -> Any:
    """Return a value as a batch says it: an instant is text in UTC, whichever database kept it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return f"{value.replace(' ', 'T')}Z" if name == "at" and isinstance(value, str) else value


def _digest(rows: Sequence[dict[str, Any]]) -> str:
    try:
        return hashlib.sha256(rfc8785.dumps(list(rows))).hexdigest()
    except rfc8785.CanonicalizationError:
        return ""


def _finding(tampering: Tampering, sequence: int | None, table: str = "access") -> Finding:
    return Finding(tampering=tampering, table=table, sequence=sequence, position=None)
