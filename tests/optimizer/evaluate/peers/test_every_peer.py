"""Every peer treats a synthetic patient; what it wants past the rule is refused by our safety layer."""

import importlib.util
from datetime import timedelta

import numpy as np
import pytest

from optimizer.ask import Ask
from optimizer.decision import Proposal
from optimizer.evaluate.peers import PEERS, load_peer
from optimizer.evaluate.run import run_policy
from optimizer.history import EPOCH, applied, history_from_rows
from optimizer.policies.guarded import Guarded
from optimizer.policies.policy import Policy
from optimizer.problem import stimulation_problem
from optimizer.safety import limits
from optimizer.space.device import load_device
from tests.optimizer.evaluate.peers.courses import START, steered_course

N_TRIALS = 6
"""One more than any start but Optuna's is long, so that a model is asked."""


@pytest.fixture(params=list(PEERS))
def peer(request: pytest.FixtureRequest) -> Policy:
    """Each peer; one whose library is absent is skipped by name."""
    library = PEERS[request.param].library
    if library and importlib.util.find_spec(library) is None:
        pytest.skip(f"needs the extra `peers` ({library})")
    return load_peer(request.param)


def test_it_treats_a_patient_inside_every_limit(peer: Policy) -> None:
    trace = run_policy("scs-tonic", peer, 3, n_trials=N_TRIALS, seed=5)
    assert trace.failure == ""
    assert trace.n_breaches == 0
    assert trace.decisions == ("start", *["proposal"] * (N_TRIALS - 1))
    assert len(set(trace.tried_nrs)) > 2, "it moves"


def test_another_seed_is_another_search(peer: Policy) -> None:
    problem = stimulation_problem(load_device("scs-tonic"), envelope={"amplitude_ma": (0.0, 12.0)})
    history = history_from_rows(problem, [{**START, "pain": 6, "discomfort": 1}])
    ask = Ask(at=EPOCH + timedelta(days=1), in_force=applied(problem, START))
    proposals = [peer.start(problem, seed=seed).decide(history, ask) for seed in range(3)]
    assert len({p.settings for p in proposals if isinstance(p, Proposal)}) > 1


def test_inside_our_safety_layer_what_it_wants_past_the_rule_is_refused(peer: Policy) -> None:
    problem = stimulation_problem(load_device("scs-tonic"), envelope={"amplitude_ma": (0.0, 12.0)})
    history = history_from_rows(problem, [{**START, "pain": 6, "discomfort": 1}])
    ask = Ask(at=EPOCH + timedelta(days=1), in_force=applied(problem, START))
    wishes, granted = [], []
    for seed in range(4):
        for policy, found in ((peer, wishes), (Guarded(inner=peer), granted)):
            decision = policy.start(problem, seed=seed).decide(history, ask)
            assert isinstance(decision, Proposal)
            found.append(decision.settings.indices)
    assert not limits.admissible(problem, history, ask, np.array(wishes)).all()
    assert limits.admissible(problem, history, ask, np.array(granted)).all()


def test_from_the_same_history_and_seed_it_decides_the_same_and_keeps_nothing_intolerable(
    peer: Policy,
) -> None:
    problem, history, ask = steered_course(13)
    found = peer.start(problem, seed=1).decide(history, ask)
    assert isinstance(found, Proposal)
    assert found.recommendation is not None
    assert 3.0 <= float(found.recommendation["amplitude_ma"]) <= 6.0
    assert peer.start(problem, seed=1).decide(history, ask) == found
