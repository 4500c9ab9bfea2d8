"""Bearer tokens of a site's identity provider: who signed, for whom, until when. We check tokens and issue none."""

import json
import logging
import re
import time
from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError

from service.auth.claims import principal_from
from service.auth.key_set import Key, KeySet
from service.auth.principal import Principal
from service.errors import AuthenticationError
from service.settings import TokenIssuer

LONGEST_TOKEN = 8_192
_SHAPE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_TYPES = {"jwt", "at+jwt", "application/at+jwt"}
_REMEDY = "Get a new token from the identity provider."
_log = logging.getLogger(__name__)


class _Headers(jws.JWSRegistry):
    """Providers put certificate fingerprints into headers; still bounded."""

    max_header_length = 4_096


class Tokens:
    """Checks tokens of the configured providers."""

    def __init__(
        self, issuers: Iterable[TokenIssuer], *, elapsed: Callable[[], float] = time.monotonic
    ) -> None:
        """Know the providers; nothing is fetched yet.

        Args:
            issuers: The providers whose tokens open this service.
            elapsed: Seconds on a clock that nobody sets, for the age of key sets.
        """
        self._issuers = {issuer.issuer: (issuer, KeySet(issuer, elapsed=elapsed)) for issuer in issuers}

    def principal_of(self, token: str, now: datetime) -> Principal:
        """Return who a token speaks for.

        Raises:
            AuthenticationError: If it is not one of a configured provider, for us, signed and in time. Why is logged, not
                told.
            IdentityProviderError: If the provider's keys cannot be had.
        """
        try:
            return self._principal(token, now)
        except (JoseError, ValueError, RecursionError) as error:
            _log.info("token refused: %s", type(error).__qualname__)
            refused = AuthenticationError("authorization", "holds no token that works", remedy=_REMEDY)
            issuer = self._named_by(token)
            if issuer is not None and issuer.site is not None:
                refused = refused.at(issuer.site, f"token:{issuer.label}")
            raise refused from None

    def _named_by(self, token: str) -> TokenIssuer | None:
        """Return the provider a token claims to be of, unproven, or None."""
        if len(token) > LONGEST_TOKEN:
            return None
        try:
            claimed = json.loads(jws.extract_compact(token.encode()).payload)
            known = self._issuers.get(str(claimed.get("iss"))) if isinstance(claimed, dict) else None
        except (JoseError, ValueError, RecursionError):
            return None
        return None if known is None else known[0]

    def _principal(self, token: str, now: datetime) -> Principal:
        if len(token) > LONGEST_TOKEN or not _SHAPE.fullmatch(token):
            raise ValueError("no compact JWS")
        unverified = jws.extract_compact(token.encode())
        claimed, name = json.loads(unverified.payload), unverified.headers().get("kid")
        if not isinstance(claimed, dict) or not isinstance(name, str):
            raise ValueError("neither claims nor the name of a key")  # noqa: TRY004 - refused like any other token
        known = self._issuers.get(str(claimed.get("iss")))
        if known is None:
            raise ValueError("of an issuer nobody named")
        issuer, key_set = known
        claims = json.loads(verified(token, key_set.key(name), issuer.algorithms).payload or b"")
        check_claims(claims, issuer, now)
        return principal_from(claims, issuer)


def verified(token: str, key: Key, algorithms: Collection[str]) -> jws.CompactSignature:
    """Return a token whose signature holds.

    Args:
        token: Compact JWS.
        key: The key of the provider that the token names.
        algorithms: The allowed ones. Never empty, and none symmetric: a public key is no shared secret.

    Returns:
        Its headers and payload.

    Raises:
        JoseError: If the signature, the algorithm or a header is not as it must be.
        ValueError: If it is no access token.
    """
    if not _SHAPE.fullmatch(token):
        raise ValueError("no compact JWS")
    found = jws.deserialize_compact(token, key, registry=_Headers(algorithms=algorithms))
    headers = found.headers()
    if str(headers.get("typ", "JWT")).lower() not in _TYPES or "b64" in headers:
        raise ValueError("no access token")
    return found


def check_claims(claims: dict[str, Any], issuer: TokenIssuer, now: datetime) -> None:
    """Hold claims against what a provider's tokens must say.

    Raises:
        JoseError: If issuer, audience or a time is missing or wrong.
        ValueError: If the token lives longer than allowed.
    """
    registry = jwt.JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=issuer.leeway_s,
        iss={"essential": True, "value": issuer.issuer},
        aud={"essential": True, "value": issuer.audience},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
    )
    registry.validate(claims)
    if claims["exp"] - claims["iat"] > issuer.longest_life_s:
        raise ValueError("lives too long")
