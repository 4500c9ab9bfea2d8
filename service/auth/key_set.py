"""The public keys of an identity provider: fetched when needed, kept for a while, trusted for a bounded time.

A provider rotates its keys by publishing a new one before it signs with it, so a name we do not know is worth one more
fetch; but anybody can invent names, so fetches keep a distance. While the provider is down the last set goes on working
until it is stale, then nothing does.
"""

import json
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from typing import Any

import httpx2
from joserfc import jwk
from joserfc.errors import JoseError

from service.errors import AuthenticationError, IdentityProviderError
from service.settings import TokenIssuer

Key = jwk.RSAKey | jwk.ECKey | jwk.OKPKey

LARGEST_SET_BYTES = 262_144
FETCH_WITHIN_S = 3.0
LEAST_RSA_BITS = 2048
_PRIVATE = {"d", "k", "p", "q", "dp", "dq", "qi", "oth"}
_ROCA_PRIMES = (11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157)
_log = logging.getLogger(__name__)


class KeySet:
    """One provider's keys by name; safe to use from several threads."""

    def __init__(self, issuer: TokenIssuer, *, elapsed: Callable[[], float] = time.monotonic) -> None:
        """Know where the keys are; nothing is fetched yet.

        Args:
            issuer: The provider.
            elapsed: Seconds on a clock that nobody sets.
        """
        self._issuer = issuer
        self._elapsed = elapsed
        self._fetching = threading.Lock()
        self._keys: Mapping[str, Key] = {}
        self._fetched_at: float | None = None
        self._tried_at: float | None = None

    def key(self, name: str) -> Key:
        """Return a key by its ``kid``.

        Raises:
            AuthenticationError: If the provider has no such key.
            IdentityProviderError: If its keys cannot be had and the last ones are stale.
        """
        if self._age() > self._issuer.key_set_fresh_s:
            # whoever finds a usable set goes on with it while another fetches
            self._fetch(wait=self._age() > self._issuer.key_set_stale_s)
        if name not in self._keys and self._age() <= self._issuer.key_set_stale_s:
            self._fetch(wait=True)
        if self._age() > self._issuer.key_set_stale_s:
            raise IdentityProviderError(
                "authorization",
                "cannot be checked: the identity provider does not answer",
                remedy="Repeat the request in a while.",
            )
        if name not in self._keys:
            raise AuthenticationError("authorization", "is signed with a key the provider does not publish")
        return self._keys[name]

    def _age(self) -> float:
        return float("inf") if self._fetched_at is None else self._elapsed() - self._fetched_at

    def _fetch(self, *, wait: bool) -> None:
        if not self._fetching.acquire(blocking=wait):
            return
        try:
            now = self._elapsed()
            if self._tried_at is not None and now - self._tried_at < self._issuer.key_set_pause_s:
                return
            self._tried_at = now
            document = fetch(self._issuer.key_set_url)
            self._keys = usable_keys(document, self._issuer.algorithms)
            self._fetched_at = now
        except (httpx2.HTTPError, ValueError) as error:
            # the type only: a message may quote the address, and with it a password
            _log.warning("key set of %s not fetched: %s", self._issuer.label, type(error).__qualname__)
        finally:
            self._fetching.release()


def fetch(url: str) -> bytes:
    """Return the document at an address.

    Raises:
        HTTPError: If it cannot be had; a redirect is not followed.
        ValueError: If it is too large or too slow.
    """
    end = time.monotonic() + FETCH_WITHIN_S
    body = b""
    with (
        httpx2.Client(timeout=FETCH_WITHIN_S, follow_redirects=False) as http,
        http.stream("GET", url, headers={"Accept": "application/json"}) as reply,
    ):
        if reply.status_code != 200:
            raise ValueError("not answered with a key set")
        for chunk in reply.iter_bytes():
            body += chunk
            if len(body) > LARGEST_SET_BYTES or time.monotonic() > end:
                raise ValueError("too large or too slow")
    return body


def usable_keys(document: bytes, algorithms: Collection[str]) -> dict[str, Key]:
    """Return the keys of a set that may check signatures, by name.

    Args:
        document: A JWK set (RFC 7517).
        algorithms: The allowed ones; all are asymmetric.

    Returns:
        Public keys for signatures, strong enough, of an allowed algorithm, each with a name of its own. Others are left out.

    Raises:
        ValueError: If the document is no key set.
    """
    found = json.loads(document)
    entries = found.get("keys") if isinstance(found, dict) else None
    if not isinstance(entries, list):
        raise ValueError("not a key set")  # noqa: TRY004 - what it says is wrong, not its type
    named = [entry for entry in entries if isinstance(entry, dict) and isinstance(entry.get("kid"), str)]
    times = Counter(entry["kid"] for entry in named)
    keys = {entry["kid"]: _imported(entry, algorithms) for entry in named if times[entry["kid"]] == 1}
    return {name: key for name, key in keys.items() if key is not None}


def _imported(entry: dict[str, Any], algorithms: Collection[str]) -> Key | None:
    """Return a key that may check signatures; None for any other, a published private key included."""
    operations = entry.get("key_ops", ["verify"])
    if (
        entry.get("kty") not in ("RSA", "EC", "OKP")
        or entry.get("use", "sig") != "sig"
        or not isinstance(operations, list)
        or "verify" not in operations
        or ("alg" in entry and entry["alg"] not in algorithms)
        or _PRIVATE & entry.keys()
        or (entry["kty"] == "RSA" and len(str(entry.get("n"))) * 6 < LEAST_RSA_BITS)
    ):
        return None
    try:
        key = jwk.import_key(entry)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    assert isinstance(key, jwk.RSAKey | jwk.ECKey | jwk.OKPKey)  # noqa: S101 - by its kty
    return None if isinstance(key, jwk.RSAKey) and _is_weak(key) else key


def _is_weak(key: jwk.RSAKey) -> bool:
    numbers = key.public_key.public_numbers()
    return numbers.n.bit_length() < LEAST_RSA_BITS or numbers.e < 65_537 or _is_roca(numbers.n)


def _is_roca(modulus: int) -> bool:
    """Return whether a modulus bears the mark of a generator that left out most primes.

    Source:
        Nemec et al., The Return of Coppersmith's Attack (CCS 2017): modulo every small prime such a modulus is a power of
        65537.
    """
    return all(modulus % p in {pow(65_537, n, p) for n in range(p)} for p in _ROCA_PRIMES)
