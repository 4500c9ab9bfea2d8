"""Random baselines are uniform over what they may name, and no more."""

from dataclasses import replace
from datetime import timedelta

import numpy as np

from optimizer.ask import Ask
from optimizer.decision import Hold, HoldReason, Proposal
from optimizer.history import EPOCH, History, applied, history_from_rows
from optimizer.policies.random_safe import RANDOM, RANDOM_SAFE
from optimizer.policies.stay import STAY
from optimizer.problem import Problem, stimulation_problem
from optimizer.safety import limits
from optimizer.space.device import load_device

START = {"amplitude_ma": 4.0, "pulse_width_us": 300.0, "frequency_hz": 50.0, "configuration": "level-3"}


def course() -> tuple[Problem, History, Ask]:
    problem = stimulation_problem(load_device("scs-tonic"), envelope={"amplitude_ma": (0.0, 12.0)})
    history = history_from_rows(problem, [{**START, "pain": 6, "discomfort": 1}])
    return problem, history, Ask(at=EPOCH + timedelta(days=1), in_force=applied(problem, START))


def indices_of(decision: object) -> np.ndarray:
    assert isinstance(decision, Proposal)
    return np.array([decision.settings.indices])


def test_safe_random_stays_within_what_the_model_free_gates_admit() -> None:
    problem, history, ask = course()
    drawn = [indices_of(RANDOM_SAFE.start(problem, seed=s).decide(history, ask)) for s in range(30)]
    assert limits.admissible(problem, history, ask, np.concatenate(drawn)).all()
    assert len({tuple(point[0]) for point in drawn}) == 30


def test_random_goes_where_the_titration_rule_would_not() -> None:
    problem, history, ask = course()
    drawn = np.concatenate(
        [indices_of(RANDOM.start(problem, seed=s).decide(history, ask)) for s in range(30)]
    )
    assert problem.allowed(drawn).all()
    assert not limits.admissible(problem, history, ask, drawn).all()


def test_the_draw_follows_seed_and_history_alone() -> None:
    problem, history, ask = course()
    session = RANDOM.start(problem, seed=7)
    session.decide(History(), ask)
    assert session.decide(history, ask) == RANDOM.start(problem, seed=7).decide(history, ask)
    assert RANDOM.start(problem, seed=8).decide(history, ask) != session.decide(history, ask)


def test_staying_past_a_limit_is_a_hold() -> None:
    problem, history, ask = course()
    past = replace(ask, in_force=applied(problem, {**START, "amplitude_ma": 20.0}))
    decision = STAY.start(problem).decide(history, past)
    assert isinstance(decision, Hold)
    assert decision.reason is HoldReason.NO_SAFE_CANDIDATE
