"""What a provider's claims mean here: a name, a site, roles and, for a patient app, its patient."""

import hashlib
import re
from typing import Any

from service.auth.principal import SITE_NAME, Principal, Role
from service.settings import TokenIssuer

_SUBJECT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@|-]{0,46}")


def principal_from(claims: dict[str, Any], issuer: TokenIssuer) -> Principal:
    """Return who a token's claims speak for.

    Args:
        claims: Verified and in time.
        issuer: How this provider words them.

    Returns:
        The caller. One with the patient app's role has no other, whatever the token says; one without a role we know may
        do nothing.

    Raises:
        ValueError: If there is no site, or a patient app has no patient.
    """
    site = issuer.site or claims.get(issuer.site_claim)
    if not isinstance(site, str) or not SITE_NAME.fullmatch(site):
        raise ValueError("no site")
    roles = _roles(claims, issuer)
    patient_id = None
    if Role.PATIENT_APP in roles:
        roles = frozenset({Role.PATIENT_APP})
        patient_id = claims.get(issuer.patient_claim)
        if not isinstance(patient_id, str):
            raise ValueError("no patient")
    return Principal(
        name=_name(claims["sub"], issuer.label),
        site=site,
        roles=roles,
        patient_id=patient_id,
        credential=f"token:{issuer.label}",
    )


def _roles(claims: dict[str, Any], issuer: TokenIssuer) -> frozenset[Role]:
    found: Any = claims
    for step in issuer.roles_claim.split("."):
        found = found.get(step) if isinstance(found, dict) else None
    stated = found.split() if isinstance(found, str) else found
    names = [name for name in stated if isinstance(name, str)] if isinstance(stated, list) else []
    ours = [issuer.role_names.get(name, name) for name in names]
    return frozenset(Role(name) for name in ours if name in set(Role))


def _name(subject: str, label: str) -> str:
    """Return the name that stands in the record: never one an API key could have, and never too long for its column."""
    plain = _SUBJECT.fullmatch(subject) is not None
    return f"{label}:{subject if plain else hashlib.sha256(subject.encode()).hexdigest()[:32]}"
