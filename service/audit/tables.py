"""The trail: append-only, apart from the record of care."""

from datetime import datetime

from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from service.db.base import Instant, Recorded, Sequence


class AuditRow(Recorded):
    """One write, or one refusal."""

    __tablename__ = "audit"
    __table_args__ = ({"sqlite_autoincrement": True},)

    sequence: Mapped[int] = mapped_column(Sequence, primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(Instant)
    site: Mapped[str] = mapped_column(String(64))
    principal: Mapped[str] = mapped_column(String(64))
    method: Mapped[str] = mapped_column(String(16))
    route: Mapped[str] = mapped_column(String(255))
    """The path as called; ids only, pseudonyms never stand in a path."""
    request_id: Mapped[str] = mapped_column(String(36))
    status: Mapped[int] = mapped_column(Integer)
