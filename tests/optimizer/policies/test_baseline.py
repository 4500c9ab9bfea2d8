"""What baselines share: what was best so far, what may be named, and a proposal that predicts nothing."""

from datetime import timedelta

import numpy as np

from optimizer.ask import Ask
from optimizer.decision import Hold, Proposal
from optimizer.history import EPOCH, History, applied, history_from_rows
from optimizer.policies.baseline import answer, best_tolerated, permitted, tried
from optimizer.problem import stimulation_problem
from optimizer.space.device import load_device
from optimizer.trial import TrialKind

START = {"amplitude_ma": 4.0, "pulse_width_us": 300.0, "frequency_hz": 50.0, "configuration": "level-3"}
STRONGER, WEAKER = {**START, "amplitude_ma": 5.0}, {**START, "amplitude_ma": 3.0}
PROBLEM = stimulation_problem(load_device("scs-tonic"), envelope={"amplitude_ma": (0.0, 12.0)})
ASK = Ask(at=EPOCH + timedelta(days=9), in_force=applied(PROBLEM, START))


def test_ratings_of_one_setting_are_averaged_and_the_worst_grade_counts() -> None:
    history = history_from_rows(
        PROBLEM, [{**START, "pain": 6, "discomfort": 1}, {**START, "pain": 4, "discomfort": 5}]
    )
    (entry,) = tried(PROBLEM, history).values()
    assert (entry.relief, entry.worst_grade, entry.is_tolerated) == (-5.0, 5.0, False)


def test_what_nobody_rated_shows_nothing() -> None:
    assert tried(PROBLEM, history_from_rows(PROBLEM, [START])) == {}


def test_a_baseline_visit_speaks_of_no_settings() -> None:
    history = history_from_rows(PROBLEM, [{**START, "pain": 6}])
    trial = history.trials[0]
    object.__setattr__(trial, "kind", TrialKind.BASELINE)
    assert tried(PROBLEM, history) == {}


def test_the_best_is_tolerated_and_the_earlier_of_equals() -> None:
    rows = [
        {**START, "pain": 5},
        {**WEAKER, "pain": 5},
        {**STRONGER, "pain": 1, "discomfort": 6},
    ]
    best = best_tolerated(tried(PROBLEM, history_from_rows(PROBLEM, rows)).values())
    assert best is not None
    assert best.settings["amplitude_ma"] == 4.0


def test_a_severe_grade_of_a_hard_stop_is_not_tolerated() -> None:
    history = history_from_rows(PROBLEM, [{**START, "pain": 2, "weakness": 1}])
    assert best_tolerated(tried(PROBLEM, history).values()) is None


def test_titration_does_not_bind_a_baseline_and_the_envelope_does() -> None:
    points = [PROBLEM.space.settings({**START, "amplitude_ma": ma}).indices for ma in (11.9, 12.1)]
    assert permitted(PROBLEM, ASK, np.array(points)).tolist() == [True, False]


def test_a_choice_past_the_envelope_becomes_the_settings_in_force() -> None:
    past = PROBLEM.space.settings({**START, "amplitude_ma": 20.0})
    decision = answer(PROBLEM, History(), ASK, past, policy="p/1", seed=4)
    assert isinstance(decision, Proposal)
    assert decision.settings == ASK.in_force.settings
    assert (decision.basis.policy, decision.basis.seed) == ("p/1", 4)


def test_a_proposal_without_a_model_says_so_and_predicts_the_whole_scale() -> None:
    chosen = PROBLEM.space.settings(STRONGER)
    decision = answer(PROBLEM, History(), ASK, chosen, policy="p/1", seed=0)
    assert isinstance(decision, Proposal)
    (step,) = decision.steps
    assert step.explanation.doubts == ("no-model",)
    assert (step.outcome.low, step.outcome.high) == (0.0, 10.0)
    assert [(change.parameter, change.before, change.after) for change in step.explanation.changes] == [
        ("amplitude_ma", 4.0, 5.0)
    ]


def test_nothing_to_name_is_a_hold() -> None:
    off_grid = Ask(at=ASK.at, in_force=applied(PROBLEM, {**START, "amplitude_ma": 4.05}))
    assert isinstance(answer(PROBLEM, History(), off_grid, None, policy="p/1", seed=0), Hold)


def test_what_to_keep_may_be_named_by_the_policy_but_not_past_a_limit() -> None:
    history = history_from_rows(PROBLEM, [{**START, "pain": 6, "discomfort": 1}])
    chosen = PROBLEM.space.settings(STRONGER)
    past = PROBLEM.space.settings({**START, "amplitude_ma": 20.0})
    for keep, kept in ((None, PROBLEM.space.settings(START)), (chosen, chosen), (past, None)):
        decision = answer(PROBLEM, history, ASK, chosen, policy="p/1", seed=0, keep=keep)
        assert isinstance(decision, Proposal)
        assert decision.recommendation == kept
        assert (decision.recommendation_relief_nrs is None) == (kept is None)


def test_harm_counts_also_where_pain_was_not_rated() -> None:
    history = history_from_rows(PROBLEM, [{**START, "pain": 2}, {**START, "discomfort": 9}])
    (entry,) = tried(PROBLEM, history).values()
    assert (entry.relief, entry.worst_grade, entry.is_tolerated) == (-2.0, 9.0, False)
