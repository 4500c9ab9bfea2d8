"""A peer is imported when it is named, and not before."""

import subprocess
import sys

import pytest

from optimizer.errors import MissingExtraError
from optimizer.evaluate.arena import Comparison
from optimizer.evaluate.entrants import policy_named
from optimizer.evaluate.peers import PEERS, load_peer, notes

WATCH = """
import sys
import optimizer.evaluate.arena
unasked = {"ax", "baybe", "bofire", "optuna", "optimizer.evaluate.peers.plain_botorch"} & set(sys.modules)
assert not unasked, f"imported unasked: {unasked}"
"""


def test_the_arena_imports_no_peer_by_itself() -> None:
    subprocess.run([sys.executable, "-c", WATCH], check=True, timeout=60)


@pytest.mark.parametrize("name", ["optuna_gp", "optuna_tpe", "ax", "bofire", "baybe", "guarded:optuna_tpe"])
def test_a_peer_that_is_not_installed_is_missing_by_the_name_of_its_extra(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    peer = PEERS[name.removeprefix("guarded:")]
    library = peer.library
    for module in [library, *(loaded for loaded in sys.modules if loaded.startswith(f"{library}."))]:
        monkeypatch.setitem(sys.modules, module, None)  # as python marks what cannot be imported
    monkeypatch.delitem(sys.modules, peer.module, raising=False)
    with pytest.raises(MissingExtraError, match=f"{library}.*peers"):
        Comparison(scenario="scs-tonic", n_trials=3, n_patients=1, policies=("stay", name))


def test_plain_botorch_needs_nothing_more_than_we_do() -> None:
    assert load_peer("plain_botorch").name == "plain_botorch/1"
    assert policy_named("guarded:plain_botorch").name == "guarded:plain_botorch/1"
    assert "plain_botorch" in PEERS


def test_a_report_learns_how_each_peer_in_it_was_set_up_and_nothing_of_ours() -> None:
    said = notes(["safe_bo/1", "guarded:baybe/1", "baybe/1", "ax/1"])
    assert list(said) == ["ax", "baybe"]
    assert "no outcome constraint" in said["baybe"]
