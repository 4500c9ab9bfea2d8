"""Keys of a provider: rotation, bounded trust while it is down, and how often it may be asked."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from service.auth.key_set import KeySet, usable_keys
from service.errors import AuthenticationError, IdentityProviderError
from tests.service.auth.identity_provider import IdentityProvider, new_key


@pytest.fixture
def idp() -> Iterator[IdentityProvider]:
    running = IdentityProvider()
    yield running
    running.close()


class Watch:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


def key_set(idp: IdentityProvider, **fields: Any) -> tuple[KeySet, Watch]:
    watch = Watch()
    return KeySet(idp.issuer(**fields), elapsed=watch), watch


def test_one_fetch_serves_many(idp: IdentityProvider) -> None:
    found, watch = key_set(idp)
    with ThreadPoolExecutor(8) as pool:
        assert {key.kid for key in pool.map(found.key, ["first"] * 40)} == {"first"}
    watch.seconds += 299
    found.key("first")
    assert idp.fetches == 1
    watch.seconds += 2
    found.key("first")
    assert idp.fetches == 2


def test_a_rotated_key_is_found_and_the_old_one_ends_with_its_publication(idp: IdentityProvider) -> None:
    found, watch = key_set(idp)
    found.key("first")
    idp.keys = [new_key("second")]
    watch.seconds += 60
    assert found.key("second").kid == "second"
    with pytest.raises(AuthenticationError):
        found.key("first")


def test_invented_names_cost_the_provider_one_fetch_a_while(idp: IdentityProvider) -> None:
    found, watch = key_set(idp)
    found.key("first")
    watch.seconds += 31
    for attempt in range(50):
        with pytest.raises(AuthenticationError):
            found.key(f"invented-{attempt}")
    assert idp.fetches == 2
    watch.seconds += 31
    with pytest.raises(AuthenticationError):
        found.key("invented")
    assert idp.fetches == 3


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500},
        {"status": 302, "headers": {"Location": "/elsewhere"}},
        {"document": b"<html>"},
        {"document": b"[]"},
        {"document": b'{"keys": [' + b" " * 300_000 + b"]}"},
    ],
    ids=["down", "redirect", "no JSON", "no set", "too large"],
)
def test_while_the_provider_fails_its_last_keys_work_until_they_are_stale(
    fault: dict[str, Any], idp: IdentityProvider
) -> None:
    found, watch = key_set(idp)
    found.key("first")
    for name, value in fault.items():
        setattr(idp, name, value)
    watch.seconds += 3_599
    assert found.key("first").kid == "first"
    watch.seconds += 2
    with pytest.raises(IdentityProviderError):
        found.key("first")
    idp.status, idp.document, idp.headers = 200, None, {}
    watch.seconds += 31
    assert found.key("first").kid == "first"


def test_a_provider_that_was_never_reached_is_not_the_callers_fault(idp: IdentityProvider) -> None:
    found, _ = key_set(idp)
    idp.close()
    with pytest.raises(IdentityProviderError):
        found.key("first")
    idp.__init__()  # type: ignore[misc]


def test_only_public_keys_for_signatures_with_a_name_of_their_own_are_used() -> None:
    import json

    good = new_key("good").as_dict(private=False)
    twin = new_key("twin").as_dict(private=False)
    entries = [
        good,
        twin,
        twin,
        new_key("leaked").as_dict(private=True),
        new_key("other-use").as_dict(private=False) | {"use": "enc"},
        {k: v for k, v in new_key("signs").as_dict(private=False).items() if k != "use"}
        | {"key_ops": ["sign"]},
        new_key("other-alg").as_dict(private=False) | {"alg": "ES512"},
        {"kty": "oct", "kid": "secret", "k": "c2VjcmV0"},
        {"kty": "EC", "kid": "broken", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kty": "EC", "kid": 7},
        "text",
    ]
    assert set(usable_keys(json.dumps({"keys": entries}).encode(), ("ES256",))) == {"good"}
