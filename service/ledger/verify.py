"""Hold the record against its chain: an independent check.

It reads the tables as they lie in the database and reckons every digest anew; it uses neither the code that wrote the rows
nor the code that linked them. What it finds it names by table, sequence and position in the chain.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import rfc8785
from sqlalchemy import Boolean, Connection, DateTime, Row, bindparam, inspect, text
from sqlalchemy.types import TypeEngine

from service.ledger.tables import APPEND_ONLY

RECORD = tuple(name for name in APPEND_ONLY if name not in ("chain", "access"))
"""Every table whose rows must stand in the chain; the rows of ``access`` stand in their batches."""
AT_ONCE = 500
NO_DIGEST = "0" * 64
_SQLITE_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d\.\d{6})")


class Tampering(StrEnum):
    """What can have been done to the record."""

    EDITED = "edited"
    DELETED = "deleted"
    INSERTED = "inserted"
    REORDERED = "reordered"
    TRUNCATED = "truncated"
    REWRITTEN = "rewritten"
    """The chain holds in itself, but is not the one a checkpoint was signed for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One place where record and chain disagree."""

    tampering: Tampering
    table: str
    sequence: int | None
    """The row's number in its table; None where a link or the whole table is meant."""
    position: int | None
    """In the chain; None for a row that has no link."""

    def __str__(self) -> str:
        """Return it as a line for people."""
        row = "" if self.sequence is None else f" row {self.sequence}"
        link = "" if self.position is None else f", position {self.position} of the chain"
        return f"{self.tampering}: {self.table}{row}{link}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the check came to."""

    links: int
    digest: str
    """Of the last link."""
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Where a chain stood once."""

    position: int
    digest: str


def verify(connection: Connection, mark: Mark | None = None) -> Verdict:
    """Check every link and every row of the record.

    Args:
        connection: In a transaction that sees one state of the database throughout.
        mark: Where the chain stood at a checkpoint; without one a cut-off end cannot be told from a shorter record.

    Returns:
        The verdict; no findings where all is as it was written.
    """
    present = set(inspect(connection).get_table_names())
    found = [_lost(name) for name in ("chain", *RECORD) if name not in present]
    if "chain" not in present:
        return Verdict(links=0, digest=NO_DIGEST, findings=tuple(found))
    tables = {name: _Table(connection, name) for name in RECORD if name in present}
    walk = _Walk(mark)
    for page in _pages(connection):
        rows = {
            name: table.rows([link.row_sequence for link in page if link.row_table == name])
            for name, table in tables.items()
        }
        for link in page:
            walk.step(link, rows.get(link.row_table, {}).get(link.row_sequence))
    found += walk.end()
    for table in tables.values():
        found += table.unlinked()
    return Verdict(links=walk.position, digest=walk.digest, findings=tuple(found))


def head(connection: Connection) -> Mark:
    """Return where the chain stands."""
    last = connection.execute(
        text("SELECT position, digest FROM chain ORDER BY position DESC LIMIT 1")
    ).first()
    return Mark(position=0, digest=NO_DIGEST) if last is None else Mark(position=last[0], digest=last[1])


class _Walk:
    """One pass along the chain."""

    def __init__(self, mark: Mark | None) -> None:
        self.position = 0
        self.digest = NO_DIGEST
        self._mark = mark
        self._previous = {NO_DIGEST}
        """What the next link may rest on: the last digest as it stands, and as it should be."""
        self._highest: dict[str, int] = {}
        self._found: list[Finding] = []

    def step(self, link: Row[Any], row: dict[str, Any] | None) -> None:
        """Hold one link against its row and its place."""
        gap = link.position - self.position - 1
        if gap > 0:
            self._add(Tampering.DELETED, "chain", None, self.position + 1)
        elif gap < 0:
            self._add(Tampering.INSERTED, "chain", None, link.position)
        if row is None:
            self._add(Tampering.DELETED, link.row_table, link.row_sequence, link.position)
            reckoned = set()
        else:
            reckoned = {_digest(previous, link.row_table, row) for previous in self._previous}
            # after a gap nobody knows what the link rests on; the gap itself was found
            if gap == 0 and link.digest not in reckoned:
                self._add(Tampering.EDITED, link.row_table, link.row_sequence, link.position)
            if row["sequence"] <= self._highest.get(link.row_table, 0):
                self._add(Tampering.REORDERED, link.row_table, link.row_sequence, link.position)
            self._highest[link.row_table] = row["sequence"]
        if (
            self._mark is not None
            and self._mark.position == link.position
            and self._mark.digest != link.digest
        ):
            self._add(Tampering.REWRITTEN, "chain", None, link.position)
        self.position, self.digest = link.position, link.digest
        self._previous = {link.digest} if link.digest in reckoned else {link.digest, *reckoned}

    def end(self) -> list[Finding]:
        """Return what was found, a cut-off end included."""
        if self._mark is not None and self._mark.position > self.position:
            self._add(Tampering.TRUNCATED, "chain", None, self.position + 1)
        return self._found

    def _add(self, tampering: Tampering, table: str, sequence: int | None, position: int) -> None:
        self._found.append(Finding(tampering=tampering, table=table, sequence=sequence, position=position))


class _Table:
    """One table of the record as it lies in the database."""

    def __init__(self, connection: Connection, name: str) -> None:
        self.name = name
        self._connection = connection
        self._types = {column["name"]: column["type"] for column in inspect(connection).get_columns(name)}

    def rows(self, sequences: Sequence[int]) -> dict[int, dict[str, Any]]:
        """Return rows by sequence, as a link says them."""
        if not sequences:
            return {}
        query = text(f"SELECT * FROM {self.name} WHERE sequence IN :wanted")  # noqa: S608 - a name of ours
        query = query.bindparams(bindparam("wanted", list(sequences), expanding=True))
        found = self._connection.execute(query).mappings()
        return {row["sequence"]: self._plain(dict(row)) for row in found}

    def unlinked(self) -> Iterator[Finding]:
        """Give the rows that no link names."""
        query = text(
            f"SELECT sequence FROM {self.name} AS t WHERE NOT EXISTS "  # noqa: S608 - a name of ours
            "(SELECT 1 FROM chain WHERE row_table = :name AND row_sequence = t.sequence) ORDER BY sequence"
        )
        for sequence in self._connection.scalars(query, {"name": self.name}):
            yield Finding(tampering=Tampering.INSERTED, table=self.name, sequence=sequence, position=None)

    def _plain(self, row: dict[str, Any]) -> dict[str, Any]:
        return {name: _said(value, self._types[name]) for name, value in row.items() if value is not None}


def _pages(connection: Connection) -> Iterator[Sequence[Row[Any]]]:
    """Give the links in order, some hundreds at a time."""
    query = text("SELECT position, row_table, row_sequence, digest FROM chain ORDER BY position")
    yield from connection.execute(query, execution_options={"yield_per": AT_ONCE}).partitions()


def _said(value: Any, kind: TypeEngine[Any]) -> Any:
    """Return a value as a link says it, whichever database kept it; what cannot have been written stays as it is."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    if isinstance(kind, DateTime) and isinstance(value, str):
        return _SQLITE_INSTANT.sub(r"\1T\2Z", value)
    if isinstance(kind, Boolean) and value in (0, 1):
        return bool(value)
    return value


def _digest(previous: str, table: str, row: dict[str, Any]) -> str:
    """Reckon a link as docs/decisions describes it; nothing where the row holds what no link can say."""
    content: dict[str, Any] = {"previous": previous, "row": row, "table": table}
    try:
        document = rfc8785.dumps({"content": content, "format": "titrate.Link", "version": 1})
    except rfc8785.CanonicalizationError:
        return ""
    return hashlib.sha256(document).hexdigest()


def _lost(table: str) -> Finding:
    return Finding(tampering=Tampering.DELETED, table=table, sequence=None, position=None)
