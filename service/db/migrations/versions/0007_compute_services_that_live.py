"""Compute services say that they live, so that web processes know whether anyone will answer."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

CODE = sa.String(length=64)


def upgrade() -> None:
    op.create_table(
        "compute_services",
        sa.Column("holder", CODE, nullable=False),
        sa.Column("optimizer", sa.Text(), nullable=False),
        sa.Column("warm", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("holder", name=op.f("pk_compute_services")),
    )
