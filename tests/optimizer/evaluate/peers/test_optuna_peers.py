"""Optuna's samplers are told everything anew at every ask, and their answers stay legal."""

from dataclasses import replace

import numpy as np
import pytest

from optimizer.decision import Decision, Proposal
from optimizer.history import History
from optimizer.policies.policy import Policy
from optimizer.problem import stimulation_problem
from optimizer.space.device import load_device
from tests.optimizer.evaluate.peers.courses import steered_course

pytest.importorskip("optuna", reason="needs the extra `peers` (optuna)")

from optimizer.evaluate.peers.optuna_peers import OPTUNA_GP, OPTUNA_TPE, axis_of

both = pytest.mark.parametrize("policy", [OPTUNA_GP, OPTUNA_TPE], ids=lambda policy: policy.name)


def proposal(decision: Decision) -> Proposal:
    assert isinstance(decision, Proposal)
    return decision


def amplitudes(policy: Policy, n_trials: int, n_seeds: int) -> list[float]:
    problem, history, ask = steered_course(n_trials)
    decisions = [policy.start(problem, seed=seed).decide(history, ask) for seed in range(n_seeds)]
    return [float(proposal(decision).settings["amplitude_ma"]) for decision in decisions]


@both
def test_it_learns_relief_and_limit_from_the_retold_history(policy: Policy) -> None:
    found = amplitudes(policy, 25, 3)
    assert 3.0 <= np.median(found) <= 6.5


@both
def test_the_random_start_does_not_draw_one_point_again_and_again(policy: Policy) -> None:
    problem, history, ask = steered_course(13)
    points = set()
    for n in range(1, 6):
        trials = history.trials[:n]
        known = {trial.id for trial in trials}
        begun = History(trials=trials, reports=tuple(r for r in history.reports if r.trial_id in known))
        points.add(proposal(policy.start(problem, seed=1).decide(begun, ask)).settings)
    assert len(points) >= 4


@both
def test_where_every_answer_is_refused_the_nearest_legal_settings_are_tried(policy: Policy) -> None:
    problem, history, ask = steered_course(5)
    locked = replace(ask, locked=("amplitude_ma",))
    decision = proposal(policy.start(problem).decide(history, locked))
    assert decision.settings["amplitude_ma"] == 4.0


def test_every_level_inside_the_envelope_goes_to_optuna_and_back() -> None:
    envelope = {"frequency_hz": (10.0, 1000.0), "configuration": ("level-2", "level-5")}
    problem = stimulation_problem(load_device("scs-tonic"), envelope=envelope)
    kinds = set()
    for parameter, mask in zip(problem.space.parameters, problem.index_masks, strict=True):
        axis = axis_of(parameter, mask)
        kinds.add(type(axis.distribution).__name__)
        assert list(axis.levels) == list(np.flatnonzero(mask))
        for index in axis.levels:
            value = axis.value(index)
            assert axis.index(value) == index
            assert axis.distribution._contains(axis.distribution.to_internal_repr(value))
    assert kinds == {"FloatDistribution", "IntDistribution", "CategoricalDistribution"}
