"""The trail: append-only, apart from the record of care. Writes in one table, what was read or refused in another."""

from datetime import datetime

from sqlalchemy import Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from service.db.base import Base, Instant, Recorded, Sequence


class AuditRow(Recorded):
    """One write that took effect, in the transaction of its effect."""

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_site_sequence", "site", "sequence"), {"sqlite_autoincrement": True})

    sequence: Mapped[int] = mapped_column(Sequence, primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(Instant)
    site: Mapped[str] = mapped_column(String(64))
    principal: Mapped[str] = mapped_column(String(64))
    credential: Mapped[str | None] = mapped_column(String(64))
    """``key:`` and the public prefix, or ``token:`` and the provider; None in lines from before it was kept."""
    method: Mapped[str] = mapped_column(String(16))
    route: Mapped[str] = mapped_column(String(255))
    """The path as called; ids only, pseudonyms never stand in a path."""
    request_id: Mapped[str] = mapped_column(String(36))
    status: Mapped[int] = mapped_column(Integer)


class AccessRow(Base):
    """One request that only read, took no effect, or was refused."""

    __tablename__ = "access"
    __table_args__ = (Index("ix_access_site_sequence", "site", "sequence"),)

    sequence: Mapped[int] = mapped_column(Sequence, primary_key=True, autoincrement=False)
    batch: Mapped[int] = mapped_column(Sequence, index=True)
    at: Mapped[datetime] = mapped_column(Instant)
    site: Mapped[str] = mapped_column(String(64))
    """Empty where nobody knows who called, nor whose key or provider they showed."""
    principal: Mapped[str] = mapped_column(String(64))
    credential: Mapped[str] = mapped_column(String(64))
    method: Mapped[str] = mapped_column(String(16))
    route: Mapped[str] = mapped_column(String(255))
    request_id: Mapped[str] = mapped_column(String(36))
    status: Mapped[int] = mapped_column(Integer)


class AccessBatchRow(Recorded):
    """The rows that were written together, and the digest over them; a link of the chain vouches for it."""

    __tablename__ = "access_batches"

    sequence: Mapped[int] = mapped_column(Sequence, primary_key=True, autoincrement=True)
    n_rows: Mapped[int] = mapped_column(Integer)
    digest: Mapped[str] = mapped_column(String(64))
