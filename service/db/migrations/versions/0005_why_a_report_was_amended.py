"""Why a report was amended; reports from before it was kept say nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("reports", sa.Column("reason", sa.String(length=64), nullable=True))
