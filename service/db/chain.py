"""The hash chain over the record: every row written once gets a link, in the transaction that writes it.

::

    digest = SHA-256 of the canonical JSON (RFC 8785) of Link(previous digest, table, the row's columns)

One chain for one database. Writes take turns anyway (see ``service.db.engine``), so a chain costs one read and one insert a
transaction and nobody waits for it. A column without a value is left out, so a later migration may add nullable columns
and every older link still holds. ``service.ledger.verify`` checks all this without using this module.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import String, UniqueConstraint, event, insert, inspect, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from optimizer import canonical
from service.db.base import Base, Recorded, Sequence

NO_DIGEST = "0" * 64
"""What the first link has before it."""
_ADDED = "rows added in this transaction"


class LinkRow(Base):
    """One link: which row, and the digest over it and all before it."""

    __tablename__ = "chain"
    __table_args__ = (UniqueConstraint("row_table", "row_sequence"),)

    position: Mapped[int] = mapped_column(Sequence, primary_key=True, autoincrement=False)
    row_table: Mapped[str] = mapped_column(String(64))
    row_sequence: Mapped[int] = mapped_column(Sequence)
    digest: Mapped[str] = mapped_column(String(64))


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What a digest is taken of."""

    previous: str
    row: dict[str, str | int | float | bool]
    """Column -> value, those without a value left out; an instant is text in UTC with microseconds."""
    table: str


class RecordSession(Session):
    """A session that remembers what it added to the record until :func:`extend` links it."""


@event.listens_for(RecordSession, "after_flush")
def _remember(session: Session, _context: object) -> None:
    added = [row for row in session.new if isinstance(row, Recorded)]
    session.info.setdefault(_ADDED, []).extend(added)


def extend(session: RecordSession) -> None:
    """Link every row this transaction added; the last thing it does before it commits.

    Args:
        session: A writing session: nobody else can extend the chain meanwhile.
    """
    session.flush()
    # what a savepoint took back is no longer in the database
    rows = [row for row in session.info.pop(_ADDED, ()) if inspect(row).persistent]
    if not rows:
        return
    head = session.execute(
        select(LinkRow.position, LinkRow.digest).order_by(LinkRow.position.desc()).limit(1)
    ).first()
    position, digest = head or (0, NO_DIGEST)
    links = []
    for row in rows:
        position += 1
        digest = digest_of(digest, row.__tablename__, values_of(row))
        links.append(
            {
                "position": position,
                "row_table": row.__tablename__,
                "row_sequence": row.sequence,
                "digest": digest,
            }
        )
    session.execute(insert(LinkRow), links)


def digest_of(previous: str, table: str, row: dict[str, Any]) -> str:
    """Return the digest of a link."""
    return canonical.digest(Link(previous=previous, table=table, row=row))


def values_of(row: Recorded) -> dict[str, Any]:
    """Return the columns of a row that have a value, as JSON can carry them."""
    columns = inspect(row).mapper.columns
    found = {column.name: getattr(row, key) for key, column in columns.items()}
    return {name: _plain(value) for name, value in found.items() if value is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return value
