"""API keys: a public prefix and 256 random bits, kept as a digest, bound to a site, expiring.

The secret is random and long, so a plain SHA-256 is enough; a slow hash guards passwords people choose.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from service.auth.principal import SITE_NAME, Principal, Role
from service.auth.tables import ApiKeyRow
from service.errors import AuthenticationError, SchemaError

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
        )
    )
    return f"{PREFIX}{prefix}_{secret}"


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
    if row is None or not matches or row.revoked_at is not None or now >= row.expires_at:
        raise AuthenticationError("authorization", "holds no key that works", remedy=_REMEDY)
    return Principal(
        name=row.principal,
        site=row.site,
        roles=frozenset(Role(role) for role in row.roles.split(",")),
        patient_id=row.patient_id,
        credential=f"key:{row.prefix}",
    )


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
