"""What the commands ``titrate keys`` do: make, list, replace and revoke API keys, each act on the trail."""

import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.audit.record import record
from service.audit.tables import AccessRow, AuditRow
from service.auth import keys
from service.auth.principal import Principal, Role
from service.auth.tables import ApiKeyRow
from service.clock import Clock, system_clock
from service.db.engine import Database
from service.errors import NotFoundError, SchemaError
from service.ledger.tables import PatientRow
from service.settings import Settings

OPERATOR = "operator"
"""Stands in the trail for whoever may run commands on the machine of the service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyEntry:
    """A key as it is listed: nothing of it opens anything."""

    prefix: str
    principal: str
    site: str
    roles: str
    patient_id: str | None
    expires_at: datetime
    state: str
    """``works``, ``expired`` or ``revoked``."""
    follows: str | None
    last_used_at: datetime | None


class Keyring:
    """The keys of one installation."""

    def __init__(self, settings: Settings, *, clock: Clock = system_clock) -> None:
        """Know where they are kept.

        Args:
            settings: The one configuration.
            clock: What time it is.
        """
        self._settings = settings
        self._clock = clock

    def create(
        self,
        principal: str,
        roles: Iterable[str],
        *,
        site: str,
        days: int,
        patient_id: str | None = None,
    ) -> str:
        """Make a key.

        Returns:
            The key, shown this once.

        Raises:
            SchemaError: If a role is unknown or a name is malformed.
            NotFoundError: If the patient is not one of the site.
            DatabaseNotReadyError: If there is no ledger, or its schema is that of another release.
        """
        chosen = list(roles)
        if [role for role in chosen if role not in set(Role)]:
            raise SchemaError("role", "is not known", limit=", ".join(Role))
        with self._writing() as (session, now):
            if patient_id is not None:
                _check_patient(session, patient_id, site)
            key = keys.issue_key(
                session,
                principal=principal,
                site=site,
                roles=[Role(role) for role in chosen],
                now=now,
                lifetime=timedelta(days=days),
                patient_id=patient_id,
            )
            _note(session, site, keys.prefix_of(key), "create", now)
            return key

    def replace(self, prefix: str, *, overlap_hours: int, days: int) -> str:
        """Make a key that takes the place of another; see :func:`service.auth.keys.replace_key`."""
        with self._writing() as (session, now):
            key = keys.replace_key(
                session,
                prefix,
                now=now,
                overlap=timedelta(hours=overlap_hours),
                lifetime=timedelta(days=days),
            )
            row = session.get_one(ApiKeyRow, prefix)
            _note(session, row.site, prefix, "replace", now)
            return key

    def revoke(self, prefix: str) -> None:
        """Let a key work no longer, at once; raises NotFoundError if no key of that prefix works."""
        with self._writing() as (session, now):
            row = keys.revoke_key(session, prefix, now)
            _note(session, row.site, prefix, "revoke", now)

    def entries(self) -> list[KeyEntry]:
        """Return every key, the latest first."""
        with self._open() as database, database.read() as session:
            now = self._clock()
            rows = session.scalars(select(ApiKeyRow).order_by(ApiKeyRow.created_at.desc())).all()
            return [_entry(session, row, now) for row in rows]

    @contextmanager
    def _writing(self) -> Iterator[tuple[Session, datetime]]:
        with self._open() as database, database.write() as session:
            yield session, self._clock()

    @contextmanager
    def _open(self) -> Iterator[Database]:
        """Give the configured database: keys of a ledger made in passing, in the wrong folder, would open nothing."""
        database = Database(self._settings.database_url, busy_timeout_s=self._settings.busy_timeout_s)
        try:
            database.check()
            yield database
        finally:
            database.close()


def _check_patient(session: Session, patient_id: str, site: str) -> None:
    if session.scalar(select(PatientRow.id).filter_by(id=patient_id, site=site)) is None:
        raise NotFoundError(
            "patient_id",
            f"is no patient of site {site}",
            remedy="Give the id that POST /v1/patients answered, and --site.",
        )


def _note(session: Session, site: str, prefix: str, act: str, now: datetime) -> None:
    operator = Principal(name=OPERATOR, site=site, roles=frozenset(), credential="console")
    record(
        session,
        operator,
        method="COMMAND",
        path=f"/keys/{prefix}/{act}",
        request_id=str(uuid.uuid4()),
        status=200,
        at=now,
    )


def _entry(session: Session, row: ApiKeyRow, now: datetime) -> KeyEntry:
    shown = f"key:{row.prefix}"
    used = [
        session.scalar(select(func.max(table.at)).where(table.site == row.site, table.credential == shown))
        for table in (AccessRow, AuditRow)
    ]
    return KeyEntry(
        prefix=row.prefix,
        principal=row.principal,
        site=row.site,
        roles=row.roles,
        patient_id=row.patient_id,
        expires_at=row.expires_at,
        state="revoked" if row.revoked_at is not None else "works" if keys.works(row, now) else "expired",
        follows=row.follows,
        last_used_at=max((at for at in used if at is not None), default=None),
    )
