"""Facts that let a course go on, keep it from going on or end it; and drafts, which are no facts."""

from datetime import datetime

from sqlalchemy import Boolean, Float, ForeignKey, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from service.db.base import Base, Instant
from service.ledger.tables import Code, Digest, Fact


class ProblemRow(Fact):
    """A problem that takes the place of the one a course is under: at once where tighter, once confirmed where looser."""

    __tablename__ = "problems"

    course_id: Mapped[str] = mapped_column(ForeignKey("courses.id"), index=True)
    problem: Mapped[str] = mapped_column(Text)
    """Canonical JSON of the Problem."""
    problem_fingerprint: Mapped[str] = mapped_column(Digest)
    replaces: Mapped[str] = mapped_column(Digest)
    """Fingerprint of the problem it was made from; another in force by now, and it can no longer be confirmed."""
    change: Mapped[str] = mapped_column(Code)
    """``tighter`` or ``looser``."""
    reason: Mapped[str] = mapped_column(Code)


class ConfirmationRow(Fact):
    """A second person's consent to a looser problem."""

    __tablename__ = "confirmations"

    course_id: Mapped[str] = mapped_column(ForeignKey("courses.id"), index=True)
    problem_id: Mapped[str] = mapped_column(ForeignKey("problems.id"), unique=True)


class PreflightRow(Fact):
    """What a check of device or patient found."""

    __tablename__ = "preflights"

    course_id: Mapped[str] = mapped_column(ForeignKey("courses.id"), index=True)
    name: Mapped[str] = mapped_column(Code)
    """As the device file calls the check."""
    passed: Mapped[bool] = mapped_column(Boolean)
    """Whether it passed; of a contraindication, whether it is absent."""
    impedance_ohm: Mapped[float | None] = mapped_column(Float)
    checked_at: Mapped[datetime] = mapped_column(Instant)


class StopRow(Fact):
    """No proposal leaves: for one patient, or for the whole site."""

    __tablename__ = "stops"

    site: Mapped[str] = mapped_column(Code, index=True)
    patient_id: Mapped[str | None] = mapped_column(ForeignKey("patients.id"))
    """None: every patient of the site."""
    reason: Mapped[str] = mapped_column(Code)


class StopReleaseRow(Fact):
    """The end of a stop."""

    __tablename__ = "stop_releases"

    stop_id: Mapped[str] = mapped_column(ForeignKey("stops.id"), unique=True)
    reason: Mapped[str] = mapped_column(Code)


class MigrationRow(Fact):
    """A named person's consent that a running course goes on under the installed optimiser."""

    __tablename__ = "optimizer_migrations"

    course_id: Mapped[str] = mapped_column(ForeignKey("courses.id"), index=True)
    versions: Mapped[str] = mapped_column(Text)
    """Canonical JSON of package -> version."""


class CourseEndRow(Fact):
    """The end of a course: nothing is proposed or programmed after it. There is no way back, but another course."""

    __tablename__ = "course_ends"

    course_id: Mapped[str] = mapped_column(ForeignKey("courses.id"), unique=True)
    reason: Mapped[str] = mapped_column(Code)


class DraftRow(Base):
    """The next answer for the context a course usually asks in. Work in progress: updated in place, no fact, no proposal."""

    __tablename__ = "drafts"

    course_id: Mapped[str] = mapped_column(ForeignKey("courses.id"), primary_key=True)
    state: Mapped[str] = mapped_column(Code, index=True)
    """``open``, ``running``, ``done``, or ``failed``."""
    queued_at: Mapped[datetime] = mapped_column(Instant)
    holder: Mapped[str | None] = mapped_column(Code)
    leased_until: Mapped[datetime | None] = mapped_column(Instant)
    ask: Mapped[str | None] = mapped_column(Text)
    """Canonical JSON of the Ask."""
    seed: Mapped[int | None] = mapped_column(Integer)
    context_digest: Mapped[str | None] = mapped_column(Digest)
    problem_fingerprint: Mapped[str | None] = mapped_column(Digest)
    history_digest: Mapped[str | None] = mapped_column(Digest)
    decision: Mapped[str | None] = mapped_column(Text)
    """Canonical JSON of the answer, once it is there."""


class ComputeRow(Base):
    """A compute service that lives. Work in progress: it says so every few seconds, and is forgotten when it does not."""

    __tablename__ = "compute_services"

    holder: Mapped[str] = mapped_column(Code, primary_key=True)
    optimizer: Mapped[str] = mapped_column(Text)
    """Canonical JSON of what it computes with."""
    warm: Mapped[int] = mapped_column(Integer)
    """How many of its processes can answer."""
    expires_at: Mapped[datetime] = mapped_column(Instant)
