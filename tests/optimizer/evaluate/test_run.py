"""Every policy meets the same patient under the same protocol, and a bad policy is a result, not a crash."""

import re
from dataclasses import dataclass, replace

import numpy as np
import pytest

from optimizer.ask import Ask
from optimizer.decision import Decision, Proposal
from optimizer.evaluate.provenance import provenance_of
from optimizer.evaluate.run import at_edge, run_policy
from optimizer.history import History
from optimizer.policies.baseline import answer
from optimizer.policies.ladder import BRISK
from optimizer.policies.random_safe import RANDOM
from optimizer.policies.safe_bo import SAFE_BO
from optimizer.policies.stay import STAY
from optimizer.prior import NO_PRIOR, Prior
from optimizer.problem import Problem
from optimizer.simulate.scenarios import load_scenario
from tests.optimizer.evaluate.crooked import Crooked


def test_the_first_trial_is_the_start_for_everyone() -> None:
    traces = [run_policy("scs-tonic", policy, 1, n_trials=3) for policy in (STAY, BRISK, RANDOM)]
    assert {trace.decisions[0] for trace in traces} == {"start"}
    assert len({(trace.tried_nrs[0], trace.tried_grade[0], trace.achievable_nrs) for trace in traces}) == 1


def test_whoever_stays_keeps_the_true_relief_of_the_start() -> None:
    scenario = load_scenario("scs-tonic")
    trace = run_policy("scs-tonic", STAY, 2, n_trials=4)
    truth = scenario.truth(2).relief_of(scenario.start(2))
    np.testing.assert_allclose(trace.tried_nrs, truth)
    np.testing.assert_allclose(trace.recommended_nrs, truth)
    assert trace.achievable_nrs >= truth


def test_the_same_run_gives_the_same_trace_but_for_the_clock() -> None:
    first, again = (run_policy("scs-tonic", BRISK, 3, n_trials=6, seed=5) for _ in range(2))
    assert replace(first, ask_s=()) == replace(again, ask_s=())


@pytest.mark.parametrize(
    ("way", "failure"),
    [("raises", r"RuntimeError: .+ \(crooked\.py, line \d+\)"), ("off-grid", "PolicyError: .+grid")],
)
def test_a_policy_that_breaks_is_recorded_and_the_start_stays_on(way: str, failure: str) -> None:
    trace = run_policy("scs-tonic", Crooked(way=way), 0, n_trials=4)
    assert re.match(failure, trace.failure)
    assert trace.decisions == ("start", "failed", "failed", "failed")
    assert len(set(trace.tried_nrs)) == 1


def test_settings_past_the_envelope_are_counted_as_breaches() -> None:
    trace = run_policy("scs-tonic", Crooked(way="past"), 0, n_trials=2)
    assert (trace.n_breaches, trace.failure) == (1, "")


def test_a_hold_without_interim_settings_costs_a_day_without_stimulation() -> None:
    trace = run_policy("scs-tonic", Crooked(way="holds"), 0, n_trials=3)
    assert trace.decisions == ("start", "hold", "hold")
    assert trace.tried_nrs[1:] == trace.tried_grade[1:] == (0.0, 0.0)
    assert trace.n_breaches == 0


@dataclass(frozen=True, kw_only=True)
class Strong:
    """Asks for 8 mA and says whether it climbs there."""

    ramps: bool
    problem: Problem | None = None
    name: str = "strong/1"

    def start(self, problem: Problem, *, prior: Prior = NO_PRIOR, seed: int = 0) -> "Strong":
        return replace(self, problem=problem)

    def decide(self, history: History, ask: Ask) -> Decision:
        assert self.problem is not None
        strong = self.problem.space.settings(ask.in_force.values | {"amplitude_ma": 8.0})
        said = answer(self.problem, history, ask, strong, policy=self.name, seed=0)
        assert isinstance(said, Proposal)
        return replace(said, steps=(replace(said.steps[0], rating_probabilities=(1.0,) * 11),))


def test_a_policy_jumps_unless_it_declares_a_ramp_whose_rungs_count() -> None:
    jumped, climbed = (
        run_policy("effect-0.6", Strong(ramps=ramps), 2, n_trials=3) for ramps in (False, True)
    )
    limit = jumped.limit_grade
    assert [grade > limit for grade in jumped.tried_grade] == [False, True, True]
    assert (jumped.n_rung_exposures, jumped.n_rung_severe) == (0, 0)
    # each climb ends below discomfort; the rung that was too much is an exposure all the same
    assert max(climbed.tried_grade) <= 4.5
    assert climbed.n_rung_exposures == 2
    assert climbed.failure == jumped.failure == ""


def test_a_rating_of_what_a_ramp_ended_at_is_not_held_against_what_was_predicted_above_it() -> None:
    jumped, climbed = (
        run_policy("effect-0.6", Strong(ramps=ramps), 2, n_trials=2).rated[-1] for ramps in (False, True)
    )
    assert (len(jumped.probabilities), len(climbed.probabilities)) == (11, 0)


def test_a_scenario_with_a_ramp_has_every_policy_climb() -> None:
    assert run_policy("scs-tonic-ramp", Strong(ramps=False), 1, n_trials=2).n_rung_exposures > 0


def test_trials_of_weeks_are_judged_late_and_exposures_on_their_own_day() -> None:
    scenario, trace = load_scenario("vns"), run_policy("vns", STAY, 1, n_trials=3)
    truth, start = scenario.truth(1), scenario.start(1)
    assert trace.recommended_nrs[0] == pytest.approx(truth.relief_of(start, scenario.judged_on_day))
    assert trace.tried_grade == pytest.approx([truth.grade_of(start, day) for day in (0.0, 14.0, 28.0)])
    assert {rated.trial for rated in trace.rated} == {0, 1, 2}
    assert len(trace.rated) == 9


def test_charge_at_the_recommendation_stands_beside_the_cheapest_equal() -> None:
    trace = run_policy("effect-0.6", Strong(ramps=False), 2, n_trials=3)
    assert len(trace.cheapest_uc_per_s) == 3
    for spent, least, relief in zip(
        trace.recommended_uc_per_s, trace.cheapest_uc_per_s, trace.recommended_nrs, strict=True
    ):
        assert 0 <= least <= spent
        assert least > 0 or relief <= 0.3


def test_two_pain_sites_are_treated_to_the_end_by_ladder_and_model() -> None:
    for policy in (BRISK, SAFE_BO):
        trace = run_policy("scs-tonic-two-sites", policy, 1, n_trials=3)
        assert trace.failure == ""
        assert {len(rated.probabilities) for rated in trace.rated} == {0}  # nobody rates the weighted mean


def test_a_prediction_made_before_the_trial_stands_beside_its_rating() -> None:
    trace = run_policy("scs-tonic", SAFE_BO, 0, n_trials=3)
    assert [entry.trial for entry in trace.rated] == [0, 1, 2]
    assert trace.rated[0].probabilities == (), "nobody predicted the start"
    for entry in trace.rated[1:]:
        assert len(entry.probabilities) == 11
        assert sum(entry.probabilities) == pytest.approx(1.0)


def test_a_baseline_predicts_and_claims_nothing() -> None:
    trace = run_policy("scs-tonic", STAY, 0, n_trials=3)
    assert len(trace.rated) == 3
    assert {entry.probabilities for entry in trace.rated} == {()}
    assert trace.claims == (None, None, None)


def test_a_claim_is_made_against_the_start_once_there_is_something_to_keep() -> None:
    trace = run_policy("scs-tonic", SAFE_BO, 1, n_trials=6)
    stated = [claim for claim in trace.claims if claim is not None]
    assert len(stated) >= 4
    assert all(claim.low <= claim.mean <= claim.high for claim in stated)
    assert max(claim.high - claim.low for claim in stated) > 0.5


def test_reasons_are_given_for_holds_alone() -> None:
    trace = run_policy("scs-tonic", Crooked(way="holds"), 0, n_trials=3)
    assert trace.reasons == ("", *["unreviewed_adverse_event"] * 2)
    assert set(run_policy("scs-tonic", BRISK, 0, n_trials=3).reasons) == {""}


def test_the_dose_is_that_of_the_recommendation() -> None:
    scenario = load_scenario("scs-tonic")
    start = scenario.start(0).as_dict()
    expected = start["amplitude_ma"] * start["pulse_width_us"] / 1000.0 * start["frequency_hz"]  # type: ignore[operator]
    assert run_policy("scs-tonic", STAY, 0, n_trials=2).recommended_uc_per_s == pytest.approx((expected,) * 2)


def test_the_edge_is_that_of_the_envelope_and_configurations_have_none() -> None:
    problem = load_scenario("scs-tonic").problem
    middle = {"amplitude_ma": 6.0, "pulse_width_us": 300.0, "frequency_hz": 40.0, "configuration": "level-1"}
    changes: list[dict[str, object]] = [
        {},
        {"amplitude_ma": 12.0},
        {"amplitude_ma": 0.0},
        {"pulse_width_us": 60.0},
        {"frequency_hz": 120.0},
    ]
    rows = np.array([problem.space.settings({**middle, **change}).indices for change in changes])  # type: ignore[dict-item]
    assert at_edge(problem, rows).tolist() == [False, True, True, True, True]


def test_a_run_says_what_made_it() -> None:
    trace = run_policy("scs-tonic", STAY, 0, n_trials=2)
    assert trace.provenance == provenance_of(load_scenario("scs-tonic"))
