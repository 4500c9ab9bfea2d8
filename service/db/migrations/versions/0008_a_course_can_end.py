"""The end of a course: a fact in a table of its own, one for each course at most."""

import sqlalchemy as sa
from alembic import op

from service.db.append_only import forbid_change

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

CODE = sa.String(length=64)
ID = sa.String(length=36)
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "course_ends",
        sa.Column("sequence", NUMBER, autoincrement=False, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("course_id", ID, nullable=False),
        sa.Column("reason", CODE, nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_course_ends")),
        sa.UniqueConstraint("id", name=op.f("uq_course_ends_id")),
        sa.UniqueConstraint("course_id", name=op.f("uq_course_ends_course_id")),
        sa.ForeignKeyConstraint(["sequence"], ["entries.sequence"], name=op.f("fk_course_ends_sequence")),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_course_ends_course_id")),
    )
    forbid_change("course_ends")
