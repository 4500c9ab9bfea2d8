"""Optimisers a researcher would pick instead, one file each; a file is imported only when its peer is named.

Each is set up as its own documentation recommends for a noisy objective with one outcome constraint on a grid. It knows
start, grid, hard limits and envelope, as every baseline does, and neither titration rule nor closures.
"""

import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Final

from optimizer.errors import MissingExtraError
from optimizer.policies.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Where a peer is found, and how it was set up."""

    module: str
    attribute: str
    note: str
    """What a reader of a comparison must know: the set-up, and what the peer cannot express."""
    library: str = ""
    """What it needs of the extra ``peers``; empty: nothing beyond our own dependencies."""


_HERE: Final = "optimizer.evaluate.peers"
PEERS: Final[Mapping[str, Peer]] = {
    "plain_botorch": Peer(
        module=f"{_HERE}.plain_botorch",
        attribute="PLAIN_BOTORCH",
        note="two single-task Gaussian processes, constrained noisy log expected improvement, local search on the grid; "
        "five Sobol points first, the start counted; keeps the tried settings of most expected relief",
    ),
    "safe_opt": Peer(
        module=f"{_HERE}.safe_opt",
        attribute="SAFE_OPT",
        note="our own implementation of the rule of Sui 2015 and Berkenkamp 2021 (the original is unmaintained): Matérn 5/2 "
        "kernels of fixed length, 0.3 of the envelope, the best of five lengths on twelve other patients; confidence 2; "
        "particles around what was tried, as in SafeOpt-swarm; a category counts by its order",
    ),
    "optuna_gp": Peer(
        module=f"{_HERE}.optuna_peers",
        attribute="OPTUNA_GP",
        library="optuna",
        note="GPSampler with its defaults (ten random trials first), the grade as a constraint; keeps the best reported",
    ),
    "optuna_tpe": Peer(
        module=f"{_HERE}.optuna_peers",
        attribute="OPTUNA_TPE",
        library="optuna",
        note="TPESampler with its defaults (ten random trials first), the grade as a constraint; keeps the best reported",
    ),
    "ax": Peer(
        module=f"{_HERE}.ax_peer",
        attribute="AX",
        library="ax",
        note="Client with its default generation strategy and an outcome constraint; the start is the baseline and takes "
        "the place of the centre of the space, four Sobol points follow; the grid as ordered choices; hard limits cannot "
        "be stated (an amplitude times a width): a wish past one becomes the nearest legal settings; keeps what "
        "Ax names as best",
    ),
    "bofire": Peer(
        module=f"{_HERE}.bofire_peer",
        attribute="BOFIRE",
        library="bofire",
        note="SoboStrategy with its defaults and the constraint as a sigmoid objective; five Sobol points first, the start "
        "counted; a million combinations are climbed, not listed; a wish past a hard limit becomes the nearest legal "
        "settings; keeps the tried settings of most expected relief",
    ),
    "baybe": Peer(
        module=f"{_HERE}.baybe_peer",
        attribute="BAYBE",
        library="baybe",
        note="has no outcome constraint: relief and a sigmoid of the grade are one desirability, as its maintainers advise "
        "(issue 603); noisy log expected improvement from the second trial on; lists every candidate: a new random table "
        "of 10,000 legal settings at every ask; keeps the tried settings of most expected relief",
    ),
}
"""By the name a command gives."""


def load_peer(name: str) -> Policy:
    """Import a peer by name; raises MissingExtraError where what it needs is not installed."""
    peer = PEERS[name]
    try:
        with warnings.catch_warnings():
            # when imported, libraries warn of what they could use beside and of each other
            warnings.simplefilter("ignore")
            policy: Policy = getattr(import_module(peer.module), peer.attribute)
    except ImportError as error:
        if not peer.library:
            raise
        raise MissingExtraError(
            peer.library,
            "is not installed",
            limit="the extra `peers`",
            remedy="In the checkout: pip install --editable '.[peers]'.",
        ) from error
    return policy


def notes(policies: Iterable[str]) -> dict[str, str]:
    """Return what a report must say of the peers in it, by the name a command gives.

    Args:
        policies: Names as they stand in traces: with version, and with ``guarded:`` or without.

    Returns:
        Notes of the peers among them, in the order of ``PEERS``.
    """
    present = {name.removeprefix("guarded:").partition("/")[0] for name in policies}
    return {name: peer.note for name, peer in PEERS.items() if name in present}
