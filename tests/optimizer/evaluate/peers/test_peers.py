"""A peer is imported when it is named, and not before."""

import subprocess
import sys

import pytest

from optimizer.errors import MissingExtraError
from optimizer.evaluate.arena import Comparison, policy_named
from optimizer.evaluate.peers import PEERS, load_peer

WATCH = """
import sys
import optimizer.evaluate.arena
assert not {"optuna", "optimizer.evaluate.peers.plain_botorch"} & set(sys.modules), "imported unasked"
"""


def test_the_arena_imports_no_peer_by_itself() -> None:
    subprocess.run([sys.executable, "-c", WATCH], check=True, timeout=60)


@pytest.mark.parametrize("name", ["optuna_gp", "guarded:optuna_tpe"])
def test_a_peer_that_is_not_installed_is_missing_by_the_name_of_its_extra(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)  # as python marks what cannot be imported
    monkeypatch.delitem(sys.modules, "optimizer.evaluate.peers.optuna_peers", raising=False)
    with pytest.raises(MissingExtraError, match="peers"):
        Comparison(scenario="scs-tonic", n_trials=3, n_patients=1, policies=("stay", name))


def test_plain_botorch_needs_nothing_more_than_we_do() -> None:
    assert load_peer("plain_botorch").name == "plain_botorch/1"
    assert policy_named("guarded:plain_botorch").name == "guarded:plain_botorch/1"
    assert "plain_botorch" in PEERS
