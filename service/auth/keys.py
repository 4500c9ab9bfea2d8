"""API keys: a public prefix and 256 random bits, kept as a digest, bound to a site, expiring.

The secret is random and long, so a plain SHA-256 is enough; a slow hash guards passwords people choose.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.auth.principal import SITE_NAME, Principal, Role
from service.auth.tables import ApiKeyRow
from service.errors import AuthenticationError, ConflictError, NotFoundError, SchemaError

PREFIX = "titrate_"
"""How every key begins; a token cannot."""
_SHAPE = re.compile(rf"{PREFIX}([0-9a-f]{{12}})_([A-Za-z0-9_-]{{43}})")
_REMEDY = "'titrate keys create' makes one."


def issue_key(
    session: Session,
    *,
    principal: str,
    site: str,
    roles: Iterable[Role],
    now: datetime,
    lifetime: timedelta = timedelta(days=90),
    patient_id: str | None = None,
) -> str:
    """Make a key and keep its digest.

    Args:
        session: A writing session; the caller's block commits.
        principal: Who will use it; stands in every record written with it. Several keys may share it.
        site: The site it opens.
        roles: What it may do.
        now: The instant it is made.
        lifetime: How long it works.
        patient_id: The one patient of a patient app.

    Returns:
        The key, shown this once.

    Raises:
        SchemaError: If a name is not a short lower-case word, no role is given, or a patient app has no patient.
    """
    chosen = frozenset(roles)
    for field, name in (("principal", principal), ("site", site)):
        if not SITE_NAME.fullmatch(name):
            raise SchemaError(field, "is not a short name", limit="a-z, 0-9, _ and -, at most 31 characters")
    if not chosen:
        raise SchemaError("roles", "are empty", limit=", ".join(Role))
    if (Role.PATIENT_APP in chosen) != (patient_id is not None) or (
        patient_id is not None and len(chosen) > 1
    ):
        raise SchemaError(
            "patient_id", "is due for a patient app, which has no other role, and for nobody else"
        )
    prefix, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    session.add(
        ApiKeyRow(
            prefix=prefix,
            secret_digest=_digest(secret),
            principal=principal,
            site=site,
            roles=",".join(sorted(chosen)),
            patient_id=patient_id,
            created_at=now,
            expires_at=now + lifetime,
            revoked_at=None,
            follows=None,
        )
    )
    return f"{PREFIX}{prefix}_{secret}"


def replace_key(
    session: Session, prefix: str, *, now: datetime, overlap: timedelta, lifetime: timedelta
) -> str:
    """Make a key that takes the place of another; both work for a while, so that nobody is locked out meanwhile.

    Args:
        session: A writing session; the caller's block commits.
        prefix: Of the key to replace.
        now: The instant.
        overlap: How long the old key goes on working, unless it expires before.
        lifetime: How long the new one works.

    Returns:
        The new key, shown this once.

    Raises:
        NotFoundError: If no key of that prefix works.
        ConflictError: If another took its place already, and works.
    """
    old = _working(session, prefix, now)
    followers = session.scalars(select(ApiKeyRow).filter_by(follows=prefix))
    if any(works(row, now) for row in followers):
        raise ConflictError(
            "key", "has a key that takes its place", remedy="Use that one, or revoke it first."
        )
    key = issue_key(
        session,
        principal=old.principal,
        site=old.site,
        roles=[Role(role) for role in old.roles.split(",")],
        now=now,
        lifetime=lifetime,
        patient_id=old.patient_id,
    )
    session.flush()
    session.get_one(ApiKeyRow, prefix_of(key)).follows = prefix
    old.expires_at = min(old.expires_at, now + overlap)
    return key


def revoke_key(session: Session, prefix: str, now: datetime) -> ApiKeyRow:
    """Let a key work no longer; raises NotFoundError if no key of that prefix works."""
    row = _working(session, prefix, now)
    row.revoked_at = now
    return row


def works(row: ApiKeyRow, now: datetime) -> bool:
    """Return whether a key opens anything."""
    return row.revoked_at is None and now < row.expires_at


def prefix_of(key: str) -> str:
    """Return the public part of a key."""
    return key.removeprefix(PREFIX).partition("_")[0]


def principal_of(session: Session, key: str, now: datetime) -> Principal:
    """Return who a key speaks for.

    Raises:
        AuthenticationError: If it is not one that was issued and still works. Why is not told.
    """
    shape = _SHAPE.fullmatch(key)
    if shape is None:
        raise AuthenticationError("authorization", "holds no API key", remedy=_REMEDY)
    prefix, secret = shape.groups()
    row = session.get(ApiKeyRow, prefix)
    # an unknown prefix takes the same path, so that time does not tell it from a wrong secret
    expected = row.secret_digest if row is not None else _digest("")
    matches = hmac.compare_digest(expected, _digest(secret))
    if row is None or not matches or not works(row, now):
        refused = AuthenticationError("authorization", "holds no key that works", remedy=_REMEDY)
        raise refused if row is None else refused.at(row.site, f"key:{row.prefix}")
    return Principal(
        name=row.principal,
        site=row.site,
        roles=frozenset(Role(role) for role in row.roles.split(",")),
        patient_id=row.patient_id,
        credential=f"key:{row.prefix}",
    )


def _working(session: Session, prefix: str, now: datetime) -> ApiKeyRow:
    row = session.get(ApiKeyRow, prefix)
    if row is None or not works(row, now):
        raise NotFoundError("key", "is none that works", remedy="'titrate keys list' names them.")
    return row


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
