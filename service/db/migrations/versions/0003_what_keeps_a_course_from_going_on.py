"""What keeps a course from going on: problems that replace others, checks, stops, versions; signatures; drafts."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from service.db.append_only import forbid_change

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)
CODE = sa.String(length=64)
ID = sa.String(length=36)
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

APPEND_ONLY = ("problems", "confirmations", "preflights", "stops", "stop_releases", "optimizer_migrations")


def upgrade() -> None:
    add_columns()
    make_facts()
    make_drafts()
    for table in APPEND_ONLY:
        forbid_change(table)


def add_columns() -> None:
    """Add columns without a value: a link of the chain leaves those out, so older links hold."""
    op.add_column("courses", sa.Column("optimizer", sa.Text(), nullable=True))
    op.add_column("asks", sa.Column("optimizer", sa.Text(), nullable=True))
    op.add_column("decisions", sa.Column("signature", sa.Text(), nullable=True))
    op.add_column("withdrawals", sa.Column("reason", CODE, nullable=True))
    op.add_column("reports", sa.Column("flags", sa.Text(), nullable=True))


def make_fact(table: str, *columns: sa.Column[Any] | sa.UniqueConstraint, refers: dict[str, str]) -> None:
    """Make a typed table of the record: number and id of its entry, then its own columns."""
    op.create_table(
        table,
        sa.Column("sequence", NUMBER, autoincrement=False, nullable=False),
        sa.Column("id", ID, nullable=False),
        *columns,
        sa.PrimaryKeyConstraint("sequence", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("id", name=op.f(f"uq_{table}_id")),
        *(
            sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"))
            for column, target in ({"sequence": "entries.sequence"} | refers).items()
        ),
    )


def make_facts() -> None:
    course = {"course_id": "courses.id"}
    make_fact(
        "problems",
        sa.Column("course_id", ID, nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("problem_fingerprint", CODE, nullable=False),
        sa.Column("replaces", CODE, nullable=False),
        sa.Column("change", CODE, nullable=False),
        sa.Column("reason", CODE, nullable=False),
        refers=course,
    )
    op.create_index(op.f("ix_problems_course_id"), "problems", ["course_id"])
    make_fact(
        "confirmations",
        sa.Column("course_id", ID, nullable=False),
        sa.Column("problem_id", ID, nullable=False),
        sa.UniqueConstraint("problem_id", name=op.f("uq_confirmations_problem_id")),
        refers=course | {"problem_id": "problems.id"},
    )
    op.create_index(op.f("ix_confirmations_course_id"), "confirmations", ["course_id"])
    make_fact(
        "preflights",
        sa.Column("course_id", ID, nullable=False),
        sa.Column("name", CODE, nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("impedance_ohm", sa.Float(), nullable=True),
        sa.Column("checked_at", AT, nullable=False),
        refers=course,
    )
    op.create_index(op.f("ix_preflights_course_id"), "preflights", ["course_id"])
    make_fact(
        "stops",
        sa.Column("site", CODE, nullable=False),
        sa.Column("patient_id", ID, nullable=True),
        sa.Column("reason", CODE, nullable=False),
        refers={"patient_id": "patients.id"},
    )
    op.create_index(op.f("ix_stops_site"), "stops", ["site"])
    make_fact(
        "stop_releases",
        sa.Column("stop_id", ID, nullable=False),
        sa.Column("reason", CODE, nullable=False),
        sa.UniqueConstraint("stop_id", name=op.f("uq_stop_releases_stop_id")),
        refers={"stop_id": "stops.id"},
    )
    make_fact(
        "optimizer_migrations",
        sa.Column("course_id", ID, nullable=False),
        sa.Column("versions", sa.Text(), nullable=False),
        refers=course,
    )
    op.create_index(op.f("ix_optimizer_migrations_course_id"), "optimizer_migrations", ["course_id"])


def make_drafts() -> None:
    op.create_table(
        "drafts",
        sa.Column("course_id", ID, nullable=False),
        sa.Column("state", CODE, nullable=False),
        sa.Column("queued_at", AT, nullable=False),
        sa.Column("holder", CODE, nullable=True),
        sa.Column("leased_until", AT, nullable=True),
        sa.Column("ask", sa.Text(), nullable=True),
        sa.Column("seed", sa.Integer(), nullable=True),
        sa.Column("context_digest", CODE, nullable=True),
        sa.Column("problem_fingerprint", CODE, nullable=True),
        sa.Column("history_digest", CODE, nullable=True),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_drafts_course_id")),
        sa.PrimaryKeyConstraint("course_id", name=op.f("pk_drafts")),
    )
    op.create_index(op.f("ix_drafts_state"), "drafts", ["state"])
