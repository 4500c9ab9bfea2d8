"""Who may be compared, by the name a command gives."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

from optimizer.errors import DataError
from optimizer.evaluate.ablations import without
from optimizer.evaluate.peers import PEERS, load_peer
from optimizer.policies.guarded import Guarded
from optimizer.policies.ladder import BRISK, GENTLE
from optimizer.policies.policy import Policy
from optimizer.policies.random_safe import RANDOM, RANDOM_SAFE
from optimizer.policies.safe_bo import SAFE_BO
from optimizer.policies.stay import STAY

POLICIES: Final[Mapping[str, Policy]] = {
    "safe_bo": SAFE_BO,
    "brisk": BRISK,
    "gentle": GENTLE,
    "random_safe": RANDOM_SAFE,
    "random": RANDOM,
    "stay": STAY,
}
"""What may be compared without anything to install."""
GUARDED: Final = "guarded:"
"""Before a name: that policy inside the model-free part of our safety layer."""
WITHOUT: Final = "without:"
"""Before a part of the surrogate: the default policy without it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrant:
    """A policy and how many patients it meets, numbered from 0; None means all of the comparison."""

    policy: Policy
    n_patients: int | None = None


def entrant(stated: str | Policy) -> Entrant:
    """Return who is meant.

    Args:
        stated: A policy, or a name as ``policy_named`` takes it, with ``@20`` behind it for its first 20 patients only (what
            is slow is compared on fewer).

    Raises:
        DataError: If there is no such policy, or the number of patients is none.
        MissingExtraError: If what a peer needs is not installed.
    """
    if not isinstance(stated, str):
        return Entrant(policy=stated)
    name, at, number = stated.partition("@")
    if not at:
        return Entrant(policy=policy_named(name))
    if not number.isdecimal() or int(number) == 0:
        raise DataError("policies", "name no number of patients behind the @", limit="NAME@1 and up")
    return Entrant(policy=policy_named(name), n_patients=int(number))


def policy_named(name: str) -> Policy:
    """Return a policy by its name; a peer is imported only here.

    Args:
        name: One of ours, a peer, ``guarded:NAME`` for either inside our safety layer, ``without:PART`` for the default
            without a part of its surrogate, or ``PACKAGE.MODULE:NAME`` for a policy of the reader's own.

    Raises:
        DataError: If there is no such policy.
        MissingExtraError: If what a peer needs is not installed.
    """
    if name.startswith(GUARDED):
        return Guarded(inner=policy_named(name.removeprefix(GUARDED)))
    if name.startswith(WITHOUT):
        return without(name.removeprefix(WITHOUT))
    if name in POLICIES:
        return POLICIES[name]
    if name in PEERS:
        return load_peer(name)
    if ":" in name:
        return _elsewhere(name)
    known = (*POLICIES, *PEERS, f"{GUARDED}NAME", f"{WITHOUT}PART", "PACKAGE.MODULE:NAME")
    raise DataError("policies", "name one that is not there", limit=", ".join(known))


def _elsewhere(name: str) -> Policy:
    """Import a policy that is not ours."""
    module, _, attribute = name.rpartition(":")
    try:
        found: Any = getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise DataError(
            "policies",
            "name a module or a policy in it that cannot be imported",
            limit="PACKAGE.MODULE:NAME",
            remedy=f"The folder you are in is looked through first. Python says: {error}.",
        ) from error
    if isinstance(found, type):
        raise DataError(
            "policies", "name a class, not a policy", remedy=f"Name one made of it: POLICY = {attribute}()."
        )
    if not isinstance(getattr(found, "name", None), str) or not callable(getattr(found, "start", None)):
        raise DataError(
            "policies", "name something that is not a policy", limit="an object with a name and a start"
        )
    policy: Policy = found
    return policy
