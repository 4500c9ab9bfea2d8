"""Optimisers a researcher would pick instead, one file each; a file is imported only when its peer is named.

Each is set up as its own documentation recommends for a noisy objective with one outcome constraint on a grid. It knows
start, grid, hard limits and envelope, as every baseline does, and neither titration rule nor closures.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Final

from optimizer.policies.policy import Policy

PEERS: Final[Mapping[str, tuple[str, str]]] = {
    "plain_botorch": ("optimizer.evaluate.peers.plain_botorch", "PLAIN_BOTORCH"),
    "optuna_gp": ("optimizer.evaluate.peers.optuna_peers", "OPTUNA_GP"),
    "optuna_tpe": ("optimizer.evaluate.peers.optuna_peers", "OPTUNA_TPE"),
}
"""Name -> module and the policy in it."""


def load_peer(name: str) -> Policy:
    """Import a peer by name; raises MissingExtraError where what it needs is not installed."""
    module, attribute = PEERS[name]
    policy: Policy = getattr(import_module(module), attribute)
    return policy
