"""Other people's vectors: what must verify does, what must not does not."""

import json
from pathlib import Path
from typing import Any, get_args

from joserfc.errors import JoseError

from service.auth.key_set import usable_keys
from service.auth.tokens import verified
from service.settings import Algorithm

ASYMMETRIC = get_args(Algorithm)


def groups(folder: Path, name: str) -> list[dict[str, Any]]:
    document = json.loads((folder / "jose" / f"wycheproof-json_web_{name}_test.json").read_bytes())
    found: list[dict[str, Any]] = document["testGroups"]
    return found


def accepts(keys: list[dict[str, Any]], token: str) -> bool:
    """As the service does: the key the set offers under the token's name, or the only one."""
    named = [{"kid": f"unnamed-{place}"} | key for place, key in enumerate(keys)]
    usable = usable_keys(json.dumps({"keys": named}).encode(), ASYMMETRIC)
    for key in usable.values():
        try:
            verified(token, key, ASYMMETRIC)
        except (JoseError, ValueError):
            continue
        return True
    return False


def is_asymmetric(keys: list[dict[str, Any]]) -> bool:
    return all(key["kty"] != "oct" for key in keys)


def outcomes(folder: Path, name: str) -> dict[str, set[int]]:
    """Ids of tests by what the vectors say and what we do."""
    found: dict[str, set[int]] = {}
    for group in groups(folder, name):
        stated = group.get("public") or group["private"]
        keys = stated.get("keys", [stated])
        kind = "asymmetric" if is_asymmetric(keys) else "symmetric"
        for test in group["tests"]:
            ours = "accepted" if accepts(keys, test["jws"]) else "refused"
            found.setdefault(f"{kind} {test['result']} {ours}", set()).add(test["tcId"])
    return found


EMPTY_PAYLOAD = {259, 264, 268, 272, 320, 325}
"""Valid as signatures; no access token, having no claims."""
OTHER_ALGORITHM = {346, 347, 350, 351}
"""Printed in RFC 7520 with keys whose own ``alg`` is not the token's."""


def test_no_bad_signature_is_accepted_and_no_good_one_refused_but_for_stated_reasons(
    conformance_folder: Path,
) -> None:
    found = outcomes(conformance_folder, "signature")
    assert {kind for kind in found if kind.endswith("invalid accepted")} == set()
    assert found["asymmetric valid refused"] == EMPTY_PAYLOAD | OTHER_ALGORITHM
    assert len(found["asymmetric valid accepted"]) == 26
    assert sum(map(len, found.values())) == 401


def test_no_shared_secret_opens_anything(conformance_folder: Path) -> None:
    for name in ("signature", "key"):
        found = outcomes(conformance_folder, name)
        assert found["symmetric valid refused"]
        assert {kind for kind in found if kind.startswith("symmetric") and kind.endswith("accepted")} == set()


def test_no_bad_key_of_a_set_is_used(conformance_folder: Path) -> None:
    found = outcomes(conformance_folder, "key")
    assert {kind for kind in found if kind.endswith("invalid accepted")} == set()
    assert found["asymmetric valid accepted"]
    assert sum(map(len, found.values())) == 26
