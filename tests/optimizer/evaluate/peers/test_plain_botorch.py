"""Plain BoTorch learns relief and limit from what it is told, and nothing of our safety layer."""

from dataclasses import replace

import numpy as np
import pytest

from optimizer.decision import Decision, Proposal
from optimizer.evaluate.peers.plain_botorch import N_START, PLAIN_BOTORCH
from optimizer.history import History, history_from_rows
from optimizer.policies.baseline import permitted
from optimizer.problem import Problem
from tests.optimizer.evaluate.peers.courses import START, steered_course


def proposal(decision: Decision) -> Proposal:
    assert isinstance(decision, Proposal)
    return decision


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_with_enough_reports_it_tries_where_relief_is_and_the_limit_is_not(seed: int) -> None:
    problem, history, ask = steered_course(13)
    found = proposal(PLAIN_BOTORCH.start(problem, seed=seed).decide(history, ask))
    assert 3.0 <= float(found.settings["amplitude_ma"]) <= 6.5
    assert found.recommendation is not None
    assert 4.0 <= float(found.recommendation["amplitude_ma"]) <= 6.0
    assert found.steps[0].explanation.doubts == ("no-model",)


def test_the_start_is_a_sequence_of_legal_points_that_follows_the_seed() -> None:
    problem, history, ask = steered_course(13)
    session = PLAIN_BOTORCH.start(problem, seed=4)
    begun = [History(trials=history.trials[:n], reports=tuple(r for r in history.reports if r.trial_id in
             {t.id for t in history.trials[:n]})) for n in range(1, N_START)]  # fmt: skip
    points = [proposal(session.decide(known, ask)).settings for known in begun]
    assert len(set(points)) == len(points)
    again = [proposal(PLAIN_BOTORCH.start(problem, seed=4).decide(known, ask)).settings for known in begun]
    assert again == points


def test_what_was_rejected_is_not_proposed_again() -> None:
    problem, history, ask = steered_course(13)
    session = PLAIN_BOTORCH.start(problem)
    first = proposal(session.decide(history, ask)).settings
    without = replace(ask, exclude=(first.indices,))
    second = proposal(session.decide(history, without)).settings
    assert second != first
    assert permitted(problem, without, np.array([second.indices])).all()


def test_what_was_reported_intolerable_is_not_kept_however_the_model_smooths_it() -> None:
    problem, history, ask = steered_course(13)
    row = {**START, "amplitude_ma": 5.1, "pain": 0, "discomfort": 5}
    told_more = with_trial(history, problem, row)
    kept = proposal(PLAIN_BOTORCH.start(problem).decide(told_more, ask)).recommendation
    assert kept is not None
    assert 4.0 <= float(kept["amplitude_ma"]) <= 6.0
    assert kept["amplitude_ma"] != 5.1


def with_trial(history: History, problem: Problem, row: dict[str, float | str]) -> History:
    """Return the history with one more row, a trial of its own."""
    more = history_from_rows(problem, [row])
    trial = replace(more.trials[0], id="one-more")
    reports = [replace(r, id=f"more-{r.id}", trial_id=trial.id) for r in more.reports]
    return history.add(trial, *reports)


def test_a_problem_without_side_effects_has_no_constraint() -> None:
    problem, history, ask = steered_course(13)
    free = replace(problem, tolerability=None, titration=None)
    assert proposal(PLAIN_BOTORCH.start(free).decide(history, ask)).recommendation is not None
