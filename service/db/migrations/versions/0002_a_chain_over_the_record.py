"""A hash chain over the record; what was written before is linked in the order of its numbers.

What happened to a row before this step the chain cannot say: it vouches from here on.
"""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import rfc8785
import sqlalchemy as sa
from alembic import op

from service.db.append_only import forbid_change

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CODE = sa.String(length=64)
FACTS = (
    "entries",
    "patients",
    "courses",
    "asks",
    "proposals",
    "decisions",
    "withdrawals",
    "applications",
    "reports",
    "reviews",
    "outbox",
)
AT_ONCE = 500


def upgrade() -> None:
    chain = op.create_table(
        "chain",
        sa.Column("position", NUMBER, autoincrement=False, nullable=False),
        sa.Column("row_table", CODE, nullable=False),
        sa.Column("row_sequence", NUMBER, nullable=False),
        sa.Column("digest", CODE, nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_chain")),
        sa.UniqueConstraint("row_table", "row_sequence", name=op.f("uq_chain_row_table_row_sequence")),
    )
    digest, position = "0" * 64, 0
    for table, row in rows():
        document: dict[str, Any] = {
            "content": {"previous": digest, "row": plain(row), "table": table},
            "format": "titrate.Link",
            "version": 1,
        }
        digest, position = hashlib.sha256(rfc8785.dumps(document)).hexdigest(), position + 1
        link = {"position": position, "row_table": table, "row_sequence": row["sequence"], "digest": digest}
        op.get_bind().execute(chain.insert(), link)
    forbid_change("chain")


def rows() -> Iterator[tuple[str, dict[str, Any]]]:
    """Give every row of the record in the order of entries, each header before its fact; then the trail."""
    for group in (FACTS, ("audit",)):
        tables = [sa.Table(name, sa.MetaData(), autoload_with=op.get_bind()) for name in group]
        last = op.get_bind().scalar(sa.select(sa.func.max(tables[0].c.sequence))) or 0
        for low in range(1, last + 1, AT_ONCE):
            found = []
            for rank, table in enumerate(tables):
                part = sa.select(table).where(table.c.sequence.between(low, low + AT_ONCE - 1))
                found += [
                    (row["sequence"], rank, dict(row)) for row in op.get_bind().execute(part).mappings()
                ]
            for _, rank, row in sorted(found, key=lambda entry: entry[:2]):
                yield group[rank], row


def plain(row: dict[str, Any]) -> dict[str, Any]:
    """Leave out columns without a value; say instants as text in UTC with microseconds."""
    return {
        name: as_text(value) if isinstance(value, datetime) else value
        for name, value in row.items()
        if value is not None
    }


def as_text(at: datetime) -> str:
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")
