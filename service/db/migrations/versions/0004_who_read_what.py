"""Who read what, and who was refused; keys that take the place of others."""

import sqlalchemy as sa
from alembic import op

from service.db.append_only import forbid_change

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)
CODE = sa.String(length=64)
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "access",
        sa.Column("sequence", NUMBER, autoincrement=False, nullable=False),
        sa.Column("batch", NUMBER, nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.Column("site", CODE, nullable=False),
        sa.Column("principal", CODE, nullable=False),
        sa.Column("credential", CODE, nullable=False),
        sa.Column("method", sa.String(length=16), nullable=False),
        sa.Column("route", sa.String(length=255), nullable=False),
        sa.Column("request_id", sa.String(length=36), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_access")),
    )
    op.create_index("ix_access_site_sequence", "access", ["site", "sequence"])
    op.create_index(op.f("ix_access_batch"), "access", ["batch"])
    op.create_table(
        "access_batches",
        sa.Column("sequence", NUMBER, autoincrement=True, nullable=False),
        sa.Column("n_rows", sa.Integer(), nullable=False),
        sa.Column("digest", CODE, nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_access_batches")),
    )
    for table in ("access", "access_batches"):
        forbid_change(table)
    op.add_column("audit", sa.Column("credential", CODE, nullable=True))
    op.create_index("ix_audit_site_sequence", "audit", ["site", "sequence"])
    op.add_column("api_keys", sa.Column("follows", sa.String(length=16), nullable=True))
