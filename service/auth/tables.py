"""Keys."""

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from service.db.base import Base, Instant


class ApiKeyRow(Base):
    """A key as it is kept: its public prefix and the digest of its secret, never the secret."""

    __tablename__ = "api_keys"

    prefix: Mapped[str] = mapped_column(String(16), primary_key=True)
    secret_digest: Mapped[str] = mapped_column(String(64))
    principal: Mapped[str] = mapped_column(String(64))
    site: Mapped[str] = mapped_column(String(64))
    roles: Mapped[str] = mapped_column(Text)
    """Role names with a comma between."""
    patient_id: Mapped[str | None] = mapped_column(String(36))
    """The one patient a patient app may write for."""
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
    follows: Mapped[str | None] = mapped_column(String(16))
    """Prefix of the key it was made to take the place of."""
