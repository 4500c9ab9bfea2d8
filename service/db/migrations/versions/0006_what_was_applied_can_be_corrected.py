"""Corrections of what was applied: a table of their own beside the applications they correct."""

import sqlalchemy as sa
from alembic import op

from service.db.append_only import forbid_change

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

CODE = sa.String(length=64)
ID = sa.String(length=36)
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "amendments",
        sa.Column("sequence", NUMBER, autoincrement=False, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("course_id", ID, nullable=False),
        sa.Column("trial_id", ID, nullable=False),
        sa.Column("reason", CODE, nullable=False),
        sa.Column("flags", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_amendments")),
        sa.UniqueConstraint("id", name=op.f("uq_amendments_id")),
        sa.ForeignKeyConstraint(["sequence"], ["entries.sequence"], name=op.f("fk_amendments_sequence")),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_amendments_course_id")),
        sa.ForeignKeyConstraint(["trial_id"], ["applications.id"], name=op.f("fk_amendments_trial_id")),
    )
    for column in ("course_id", "trial_id"):
        op.create_index(op.f(f"ix_amendments_{column}"), "amendments", [column])
    forbid_change("amendments")
