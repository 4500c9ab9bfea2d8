"""The record as it began."""

import sqlalchemy as sa
from alembic import op

from service.db.append_only import forbid_change

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)
CODE = sa.String(length=64)
ID = sa.String(length=36)
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

APPEND_ONLY = (
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
    "audit",
)


def upgrade() -> None:
    make_tables()
    for table in APPEND_ONLY:
        forbid_change(table)


def make_tables() -> None:
    op.create_table(
        "api_keys",
        sa.Column("prefix", sa.String(length=16), nullable=False),
        sa.Column("secret_digest", CODE, nullable=False),
        sa.Column("principal", CODE, nullable=False),
        sa.Column("site", CODE, nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("patient_id", ID, nullable=True),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("expires_at", AT, nullable=False),
        sa.Column("revoked_at", AT, nullable=True),
        sa.PrimaryKeyConstraint("prefix", name=op.f("pk_api_keys")),
    )
    op.create_table(
        "audit",
        sa.Column("sequence", NUMBER, autoincrement=True, nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.Column("site", CODE, nullable=False),
        sa.Column("principal", CODE, nullable=False),
        sa.Column("method", sa.String(length=16), nullable=False),
        sa.Column("route", sa.String(length=255), nullable=False),
        sa.Column("request_id", ID, nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_audit")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "entries",
        sa.Column("sequence", NUMBER, autoincrement=True, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", CODE, nullable=False),
        sa.Column("site", CODE, nullable=False),
        sa.Column("course_id", ID, nullable=True),
        sa.Column("principal", CODE, nullable=False),
        sa.Column("occurred_at", AT, nullable=False),
        sa.Column("recorded_at", AT, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("body_digest", CODE, nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_entries")),
        sa.UniqueConstraint("id", name=op.f("uq_entries_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_entries_course_id_sequence", "entries", ["course_id", "sequence"], unique=False)
    op.create_table(
        "idempotency",
        sa.Column("principal", CODE, nullable=False),
        sa.Column("route", sa.String(length=255), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("fingerprint", CODE, nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("recorded_at", AT, nullable=False),
        sa.PrimaryKeyConstraint("principal", "route", "key", name=op.f("pk_idempotency")),
    )
    op.create_table(
        "relay_leases",
        sa.Column("name", CODE, nullable=False),
        sa.Column("holder", CODE, nullable=False),
        sa.Column("expires_at", AT, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_relay_leases")),
    )
    op.create_table(
        "relay_progress",
        sa.Column("name", CODE, nullable=False),
        sa.Column("course_id", ID, nullable=False),
        sa.Column("sequence", NUMBER, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", AT, nullable=True),
        sa.Column("error", CODE, nullable=True),
        sa.PrimaryKeyConstraint("name", "course_id", name=op.f("pk_relay_progress")),
    )
    op.create_table(
        "outbox",
        sa.Column("sequence", NUMBER, autoincrement=False, nullable=False),
        sa.Column("topic", CODE, nullable=False),
        sa.Column("course_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["sequence"], ["entries.sequence"], name=op.f("fk_outbox_sequence")),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_outbox")),
    )
    op.create_index(op.f("ix_outbox_course_id"), "outbox", ["course_id"], unique=False)
    op.create_table(
        "patients",
        sa.Column("site", CODE, nullable=False),
        sa.Column("pseudonym", CODE, nullable=False),
        sa.Column("sequence", NUMBER, autoincrement=False, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.ForeignKeyConstraint(["sequence"], ["entries.sequence"], name=op.f("fk_patients_sequence")),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_patients")),
        sa.UniqueConstraint("id", name=op.f("uq_patients_id")),
        sa.UniqueConstraint("site", "pseudonym", name=op.f("uq_patients_site_pseudonym")),
    )
    op.create_table(
        "courses",
        sa.Column("site", CODE, nullable=False),
        sa.Column("patient_id", ID, nullable=False),
        sa.Column("device", CODE, nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("problem_fingerprint", CODE, nullable=False),
        sa.Column("start", sa.Text(), nullable=False),
        sa.Column("sequence", NUMBER, autoincrement=False, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_courses_patient_id")),
        sa.ForeignKeyConstraint(["sequence"], ["entries.sequence"], name=op.f("fk_courses_sequence")),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_courses")),
        sa.UniqueConstraint("id", name=op.f("uq_courses_id")),
    )
    op.create_index(op.f("ix_courses_patient_id"), "courses", ["patient_id"], unique=False)
    op.create_table(
        "asks",
        sa.Column("course_id", ID, nullable=False),
        sa.Column("ask", sa.Text(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("context_digest", CODE, nullable=False),
        sa.Column("problem_fingerprint", CODE, nullable=False),
        sa.Column("history_digest", CODE, nullable=False),
        sa.Column("sequence", NUMBER, autoincrement=False, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_asks_course_id")),
        sa.ForeignKeyConstraint(["sequence"], ["entries.sequence"], name=op.f("fk_asks_sequence")),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_asks")),
        sa.UniqueConstraint("id", name=op.f("uq_asks_id")),
    )
    op.create_index(op.f("ix_asks_course_id"), "asks", ["course_id"], unique=False)
    op.create_table(
        "reviews",
        sa.Column("course_id", ID, nullable=False),
        sa.Column("subject_id", ID, nullable=False),
        sa.Column("sequence", NUMBER, autoincrement=False, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_reviews_course_id")),
        sa.ForeignKeyConstraint(["sequence"], ["entries.sequence"], name=op.f("fk_reviews_sequence")),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_reviews")),
        sa.UniqueConstraint("id", name=op.f("uq_reviews_id")),
    )
    op.create_index(op.f("ix_reviews_course_id"), "reviews", ["course_id"], unique=False)
    op.create_table(
        "jobs",
        sa.Column("ask_id", ID, nullable=False),
        sa.Column("state", CODE, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("holder", CODE, nullable=True),
        sa.Column("leased_until", AT, nullable=True),
        sa.ForeignKeyConstraint(["ask_id"], ["asks.id"], name=op.f("fk_jobs_ask_id")),
        sa.PrimaryKeyConstraint("ask_id", name=op.f("pk_jobs")),
    )
    op.create_index(op.f("ix_jobs_state"), "jobs", ["state"], unique=False)
    op.create_table(
        "proposals",
        sa.Column("course_id", ID, nullable=False),
        sa.Column("ask_id", ID, nullable=False),
        sa.Column("kind", CODE, nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("decision_digest", CODE, nullable=False),
        sa.Column("valid_until", AT, nullable=True),
        sa.Column("fallback", CODE, nullable=True),
        sa.Column("sequence", NUMBER, autoincrement=False, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.ForeignKeyConstraint(["ask_id"], ["asks.id"], name=op.f("fk_proposals_ask_id")),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_proposals_course_id")),
        sa.ForeignKeyConstraint(["sequence"], ["entries.sequence"], name=op.f("fk_proposals_sequence")),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_proposals")),
        sa.UniqueConstraint("ask_id", name=op.f("uq_proposals_ask_id")),
        sa.UniqueConstraint("id", name=op.f("uq_proposals_id")),
    )
    op.create_index(op.f("ix_proposals_course_id"), "proposals", ["course_id"], unique=False)
    op.create_table(
        "applications",
        sa.Column("course_id", ID, nullable=False),
        sa.Column("proposal_id", ID, nullable=True),
        sa.Column("flags", sa.Text(), nullable=False),
        sa.Column("sequence", NUMBER, autoincrement=False, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_applications_course_id")),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposals.id"], name=op.f("fk_applications_proposal_id")),
        sa.ForeignKeyConstraint(["sequence"], ["entries.sequence"], name=op.f("fk_applications_sequence")),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_applications")),
        sa.UniqueConstraint("id", name=op.f("uq_applications_id")),
    )
    op.create_index(op.f("ix_applications_course_id"), "applications", ["course_id"], unique=False)
    op.create_index(op.f("ix_applications_proposal_id"), "applications", ["proposal_id"], unique=False)
    op.create_table(
        "decisions",
        sa.Column("course_id", ID, nullable=False),
        sa.Column("proposal_id", ID, nullable=False),
        sa.Column("action", CODE, nullable=False),
        sa.Column("settings", sa.Text(), nullable=True),
        sa.Column("reason", CODE, nullable=True),
        sa.Column("flags", sa.Text(), nullable=False),
        sa.Column("sequence", NUMBER, autoincrement=False, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_decisions_course_id")),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposals.id"], name=op.f("fk_decisions_proposal_id")),
        sa.ForeignKeyConstraint(["sequence"], ["entries.sequence"], name=op.f("fk_decisions_sequence")),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_decisions")),
        sa.UniqueConstraint("id", name=op.f("uq_decisions_id")),
        sa.UniqueConstraint("proposal_id", name=op.f("uq_decisions_proposal_id")),
    )
    op.create_index(op.f("ix_decisions_course_id"), "decisions", ["course_id"], unique=False)
    op.create_table(
        "withdrawals",
        sa.Column("course_id", ID, nullable=False),
        sa.Column("proposal_id", ID, nullable=False),
        sa.Column("cause_id", ID, nullable=False),
        sa.Column("sequence", NUMBER, autoincrement=False, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_withdrawals_course_id")),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposals.id"], name=op.f("fk_withdrawals_proposal_id")),
        sa.ForeignKeyConstraint(["sequence"], ["entries.sequence"], name=op.f("fk_withdrawals_sequence")),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_withdrawals")),
        sa.UniqueConstraint("id", name=op.f("uq_withdrawals_id")),
        sa.UniqueConstraint("proposal_id", name=op.f("uq_withdrawals_proposal_id")),
    )
    op.create_index(op.f("ix_withdrawals_course_id"), "withdrawals", ["course_id"], unique=False)
    op.create_table(
        "reports",
        sa.Column("course_id", ID, nullable=False),
        sa.Column("trial_id", ID, nullable=False),
        sa.Column("amends", ID, nullable=True),
        sa.Column("severe", sa.Boolean(), nullable=False),
        sa.Column("sequence", NUMBER, autoincrement=False, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.ForeignKeyConstraint(["amends"], ["reports.id"], name=op.f("fk_reports_amends")),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_reports_course_id")),
        sa.ForeignKeyConstraint(["sequence"], ["entries.sequence"], name=op.f("fk_reports_sequence")),
        sa.ForeignKeyConstraint(["trial_id"], ["applications.id"], name=op.f("fk_reports_trial_id")),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_reports")),
        sa.UniqueConstraint("id", name=op.f("uq_reports_id")),
    )
    op.create_index(op.f("ix_reports_course_id"), "reports", ["course_id"], unique=False)
    op.create_index(op.f("ix_reports_trial_id"), "reports", ["trial_id"], unique=False)
