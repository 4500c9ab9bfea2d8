"""The tables of the record. A row is written once; triggers refuse UPDATE and DELETE (see the migrations).

``entries`` gives every fact one header and one number, ``sequence``, in the order of commits. The typed tables carry what
is looked up; the whole fact is the entry's ``body``, canonical JSON, with its digest. Tables of work in progress
(``jobs``, ``idempotency``, ``relay_*``) are not the record and stand at the end.
"""

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.db.base import Base, Instant, Recorded, Sequence

Id = String(36)
Digest = String(64)
Code = String(64)

APPEND_ONLY = (
    "entries",
    "patients",
    "courses",
    "asks",
    "proposals",
    "decisions",
    "withdrawals",
    "applications",
    "amendments",
    "reports",
    "reviews",
    "problems",
    "confirmations",
    "preflights",
    "stops",
    "stop_releases",
    "optimizer_migrations",
    "course_ends",
    "outbox",
    "audit",
    "access",
    "access_batches",
    "chain",
)


class Entry(Recorded):
    """The header every fact has."""

    __tablename__ = "entries"
    __table_args__ = (
        Index("ix_entries_course_id_sequence", "course_id", "sequence"),
        {"sqlite_autoincrement": True},
    )

    sequence: Mapped[int] = mapped_column(Sequence, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(Id, unique=True)
    kind: Mapped[str] = mapped_column(Code)
    """``patient``, ``course``, ``ask``, ``proposal``, ``decision``, ``withdrawal``, ``trial``, ``amendment``, ``report``,
    ``review``, ``problem``, ``confirmation``, ``preflight``, ``stop``, ``stop_release``, ``migration``, ``end``."""
    site: Mapped[str] = mapped_column(Code)
    course_id: Mapped[str | None] = mapped_column(Id)
    principal: Mapped[str] = mapped_column(Code)
    occurred_at: Mapped[datetime] = mapped_column(Instant)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    body: Mapped[str] = mapped_column(Text)
    body_digest: Mapped[str] = mapped_column(Digest)


class Fact(Recorded):
    """What every typed row shares: the number and the id of its entry."""

    __abstract__ = True

    sequence: Mapped[int] = mapped_column(
        Sequence, ForeignKey("entries.sequence"), primary_key=True, autoincrement=False
    )
    id: Mapped[str] = mapped_column(Id, unique=True)


class PatientRow(Fact):
    """A pseudonym of one site."""

    __tablename__ = "patients"
    __table_args__ = (UniqueConstraint("site", "pseudonym"),)

    site: Mapped[str] = mapped_column(Code)
    pseudonym: Mapped[str] = mapped_column(Code)


class CourseRow(Fact):
    """One patient under one problem."""

    __tablename__ = "courses"

    site: Mapped[str] = mapped_column(Code)
    patient_id: Mapped[str] = mapped_column(ForeignKey("patients.id"), index=True)
    device: Mapped[str] = mapped_column(Code)
    problem: Mapped[str] = mapped_column(Text)
    """Canonical JSON of the Problem as the course began."""
    problem_fingerprint: Mapped[str] = mapped_column(Digest)
    start: Mapped[str] = mapped_column(Text)
    """Canonical JSON of the Applied the clinician stated as tolerated."""
    optimizer: Mapped[str | None] = mapped_column(Text)
    """Canonical JSON of package -> version the course began under; None in ledgers from before it was kept."""


class AskRow(Fact):
    """A question with everything the answer rests on, so that it can be computed again."""

    __tablename__ = "asks"

    course_id: Mapped[str] = mapped_column(ForeignKey("courses.id"), index=True)
    ask: Mapped[str] = mapped_column(Text)
    """Canonical JSON of the Ask."""
    seed: Mapped[int] = mapped_column(Integer)
    context_digest: Mapped[str] = mapped_column(Digest)
    """SHA-256 of the Ask without its time."""
    problem_fingerprint: Mapped[str] = mapped_column(Digest)
    history_digest: Mapped[str] = mapped_column(Digest)
    optimizer: Mapped[str | None] = mapped_column(Text)
    """Canonical JSON of package -> version that was to answer; None in ledgers from before it was kept."""


class ProposalRow(Fact):
    """An answer of the optimiser: a proposal, a hold or a stop."""

    __tablename__ = "proposals"

    course_id: Mapped[str] = mapped_column(ForeignKey("courses.id"), index=True)
    ask_id: Mapped[str] = mapped_column(ForeignKey("asks.id"), unique=True)
    kind: Mapped[str] = mapped_column(Code)
    """``proposal``, ``hold`` or ``stop``."""
    decision: Mapped[str] = mapped_column(Text)
    """Canonical JSON of the Proposal, Hold or Stop."""
    decision_digest: Mapped[str] = mapped_column(Digest)
    valid_until: Mapped[datetime | None] = mapped_column(Instant)
    fallback: Mapped[str | None] = mapped_column(Code)
    """Why the optimiser did not answer itself; None where it did."""


class DecisionRow(Fact):
    """The one thing that was decided about a proposal; the database allows no second."""

    __tablename__ = "decisions"

    course_id: Mapped[str] = mapped_column(ForeignKey("courses.id"), index=True)
    proposal_id: Mapped[str] = mapped_column(ForeignKey("proposals.id"), unique=True)
    action: Mapped[str] = mapped_column(Code)
    """``approve``, ``edit``, ``reject``, ``expire``, ``supersede`` or ``withdraw``."""
    settings: Mapped[str | None] = mapped_column(Text)
    """Canonical JSON of the Settings approved or edited to; None where none may be applied."""
    reason: Mapped[str | None] = mapped_column(Code)
    flags: Mapped[str] = mapped_column(Text)
    """JSON list of codes, for example ``beyond_titration``."""
    signature: Mapped[str | None] = mapped_column(Text)
    """Canonical JSON of the Signature; None where the service decided by rule."""


class WithdrawalRow(Fact):
    """An approval taken back before it was applied."""

    __tablename__ = "withdrawals"

    course_id: Mapped[str] = mapped_column(ForeignKey("courses.id"), index=True)
    proposal_id: Mapped[str] = mapped_column(ForeignKey("proposals.id"), unique=True)
    cause_id: Mapped[str] = mapped_column(Id)
    """The severe report, correction, tighter problem, later approval, end or late decision it rests on."""
    reason: Mapped[str | None] = mapped_column(Code)
    """``severe_report``, ``envelope_tightened``, ``trial_amended``, ``superseded``, ``course_ended`` or ``lapsed``; None where
    only a severe report could."""


class TrialRow(Fact):
    """Settings that were applied; the entry's body is the canonical JSON of the Trial."""

    __tablename__ = "applications"

    course_id: Mapped[str] = mapped_column(ForeignKey("courses.id"), index=True)
    proposal_id: Mapped[str | None] = mapped_column(ForeignKey("proposals.id"), index=True)
    flags: Mapped[str] = mapped_column(Text)
    """JSON list of codes, for example ``off_grid`` or ``past_limit``."""


class AmendmentRow(Fact):
    """A correction of what was applied; the entry's body is the canonical JSON of the Amendment."""

    __tablename__ = "amendments"

    course_id: Mapped[str] = mapped_column(ForeignKey("courses.id"), index=True)
    trial_id: Mapped[str] = mapped_column(ForeignKey("applications.id"), index=True)
    reason: Mapped[str] = mapped_column(Code)
    flags: Mapped[str] = mapped_column(Text)
    """JSON list of codes that hold of what it says, as of an application."""


class ReportRow(Fact):
    """A rating; the entry's body is the canonical JSON of the Report."""

    __tablename__ = "reports"

    course_id: Mapped[str] = mapped_column(ForeignKey("courses.id"), index=True)
    trial_id: Mapped[str] = mapped_column(ForeignKey("applications.id"), index=True)
    amends: Mapped[str | None] = mapped_column(ForeignKey("reports.id"))
    severe: Mapped[bool] = mapped_column(Boolean)
    flags: Mapped[str | None] = mapped_column(Text)
    """JSON list of codes, for example ``before_trial``; None in ledgers from before they were kept."""
    reason: Mapped[str | None] = mapped_column(Code)
    """Why it amends another; None where it amends none, and in ledgers from before it was kept."""


class ReviewRow(Fact):
    """A clinician's release; the entry's body is the canonical JSON of the Review."""

    __tablename__ = "reviews"

    course_id: Mapped[str] = mapped_column(ForeignKey("courses.id"), index=True)
    subject_id: Mapped[str] = mapped_column(Id)


class OutboxRow(Recorded):
    """A reference to an entry that the projection must show; never a copy of it."""

    __tablename__ = "outbox"

    sequence: Mapped[int] = mapped_column(
        Sequence, ForeignKey("entries.sequence"), primary_key=True, autoincrement=False
    )
    topic: Mapped[str] = mapped_column(Code)
    course_id: Mapped[str] = mapped_column(Id, index=True)


class RelayLeaseRow(Base):
    """Who relays now. Work in progress: updated in place."""

    __tablename__ = "relay_leases"

    name: Mapped[str] = mapped_column(Code, primary_key=True)
    holder: Mapped[str] = mapped_column(Code)
    expires_at: Mapped[datetime] = mapped_column(Instant)


class RelayProgressRow(Base):
    """How far a relay came in one course. Work in progress: updated in place."""

    __tablename__ = "relay_progress"

    name: Mapped[str] = mapped_column(Code, primary_key=True)
    course_id: Mapped[str] = mapped_column(Id, primary_key=True)
    sequence: Mapped[int] = mapped_column(Sequence)
    """The last entry of the course that the projection shows."""
    attempts: Mapped[int] = mapped_column(Integer)
    """Failures since the last success."""
    next_attempt_at: Mapped[datetime | None] = mapped_column(Instant)
    error: Mapped[str | None] = mapped_column(Code)


class JobRow(Base):
    """An ask on its way through a compute process. Work in progress: updated in place, gone into ``proposals``."""

    __tablename__ = "jobs"

    ask_id: Mapped[str] = mapped_column(ForeignKey("asks.id"), primary_key=True)
    state: Mapped[str] = mapped_column(Code, index=True)
    """``open`` or ``done``."""
    attempts: Mapped[int] = mapped_column(Integer)
    holder: Mapped[str | None] = mapped_column(Code)
    leased_until: Mapped[datetime | None] = mapped_column(Instant)


class IdempotencyRow(Base):
    """The answer that was given to a write, kept with the write."""

    __tablename__ = "idempotency"

    principal: Mapped[str] = mapped_column(Code, primary_key=True)
    route: Mapped[str] = mapped_column(String(255), primary_key=True)
    key: Mapped[str] = mapped_column(String(128), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(Digest)
    status: Mapped[int] = mapped_column(Integer)
    headers: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
