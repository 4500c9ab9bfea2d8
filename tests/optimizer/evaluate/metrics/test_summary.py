"""Metrics are what their names say, counted by hand."""

import math

import pytest

from optimizer.decision import Interval
from optimizer.evaluate.metrics.estimate import Estimate
from optimizer.evaluate.metrics.summary import summarise, visits_to_notice
from tests.optimizer.evaluate.traces import trace


def value(estimate: Estimate | None) -> float:
    assert estimate is not None
    return estimate.value


def test_the_share_is_a_ratio_of_sums_over_patients_with_something_to_gain() -> None:
    traces = [
        trace(0, [1.0] * 5, [0.0] * 5, achievable=4.0),
        trace(1, [2.0] * 5, [0.0] * 5, achievable=2.0),
        trace(2, [0.5] * 5, [0.0] * 5, achievable=0.6),  # in points only
    ]
    (found,) = summarise(traces)
    assert value(found.shares[5]) == pytest.approx(3.0 / 6.0)
    assert (found.n_achievable, found.n_patients) == (2, 3)
    assert value(found.share_while_searching) == pytest.approx(1.5 / 6.0)
    assert value(found.final_nrs) == pytest.approx(3.5 / 3)
    assert value(found.final_nrs_small) == pytest.approx(0.5)
    assert set(found.shares) == {5}


def test_shares_are_those_after_the_trial_they_are_named_by() -> None:
    (found,) = summarise([trace(0, [float(n) for n in range(1, 11)], [0.0] * 10, achievable=10.0)])
    assert {after: value(share) for after, share in found.shares.items()} == {5: 0.5, 10: 1.0}


def test_exposures_count_trials_on_the_true_grade() -> None:
    (found,) = summarise([trace(0, [1.0] * 6, [0.0, 4.0, 4.1, 6.9, 7.0, 9.0], achievable=2.0)])
    assert value(found.exposures) == 4.0
    assert value(found.severe_exposures) == 2.0
    assert value(found.final_intolerable) == 1.0


def test_rungs_passed_above_the_limit_count_as_exposures() -> None:
    run = trace(0, [1.0] * 3, [0.0, 5.0, 8.0], 2.0, n_rung_exposures=3, n_rung_severe=1)
    (found,) = summarise([run])
    assert value(found.exposures) == 2 + 3
    assert value(found.severe_exposures) == 1 + 1


def test_what_went_wrong_is_counted_by_reason() -> None:
    ended = trace(
        0,
        [1.0] * 5,
        [0.0] * 5,
        2.0,
        decisions=("start", "hold", "hold", "stop", "stop"),
        reasons=("", "no_rating", "no_safe_candidate", "gain_too_small", "gain_too_small"),
        n_breaches=3,
        failure="ValueError",
    )
    (found,) = summarise([ended, trace(1, [1.0] * 5, [0.0] * 5, 2.0)])
    assert (found.n_breaches, found.n_failures) == (3, 1)
    assert {reason: value(entry) for reason, entry in found.holds.items()} == {
        "no_rating": pytest.approx(100 / 8),
        "no_safe_candidate": pytest.approx(100 / 8),
    }
    assert {reason: value(entry) for reason, entry in found.stops.items()} == {"gain_too_small": 0.5}


def test_an_improvement_is_noticed_when_tolerable_and_a_point_above_the_start() -> None:
    run = trace(0, [0.0] * 5, [0.0, 0.0, 5.0, 0.0, 0.0], 4.0, tried_nrs=(1.0, 1.9, 3.0, 2.0, 4.0))
    assert visits_to_notice(run) == 3.0
    assert visits_to_notice(trace(0, [1.0] * 5, [0.0] * 5, 4.0)) == math.inf


def test_who_cannot_improve_noticeably_does_not_count_against_a_policy() -> None:
    stuck = trace(0, [3.6] * 3, [0.0] * 3, achievable=2.5)  # starts at 1.8, one point more is not there
    better = trace(1, [0.0] * 3, [0.0] * 3, 4.0, tried_nrs=(0.0, 1.0, 2.0))
    (found,) = summarise([stuck, better])
    assert value(found.noticed) == 1.0
    assert value(found.visits_to_notice) == 1.0


def test_only_proposals_can_stand_at_the_edge() -> None:
    run = trace(
        0,
        [1.0] * 5,
        [0.0] * 5,
        2.0,
        decisions=("start", "proposal", "proposal", "hold", "proposal"),
        at_edge=(True, True, False, True, False),
    )
    assert value(summarise([run])[0].at_edge) == pytest.approx(1 / 3)


def sure(low: float, high: float = 5.0) -> tuple[Interval | None, ...]:
    return (None, None, Interval(mean=(low + high) / 2, low=low, high=high))


def test_a_benefit_is_claimed_where_the_last_interval_lies_above_zero() -> None:
    rows = [
        trace(0, [0.0] * 3, [0.0] * 3, achievable=0.0, claims=sure(0.1)),  # a false claim
        trace(1, [0.0] * 3, [0.0] * 3, achievable=0.0, claims=sure(-0.1)),
        trace(2, [2.0] * 3, [0.0] * 3, achievable=3.0, claims=sure(0.5)),
        trace(3, [2.0] * 3, [0.0] * 3, achievable=3.0, claims=(*sure(0.5)[1:], None)),  # taken back
        trace(4, [2.0] * 3, [0.0] * 3, achievable=2.0, claims=sure(-5.0, -1.0)),  # claims harm
        trace(5, [2.0] * 3, [0.0] * 3, achievable=1.9, claims=sure(-0.1)),  # neither nor
    ]
    (found,) = summarise(rows)
    assert value(found.claims_null) == pytest.approx(1 / 2)
    assert value(found.claims_responders) == pytest.approx(1 / 3)


def test_a_policy_that_states_no_interval_is_not_said_to_claim_nothing() -> None:
    (found,) = summarise([trace(0, [0.0] * 3, [0.0] * 3, achievable=0.0)])
    assert found.claims_null is None


def test_the_dose_is_that_of_the_last_recommendation() -> None:
    (found,) = summarise([trace(0, [0.0] * 3, [0.0] * 3, 2.0, recommended_uc_per_s=(10.0, 20.0, 70.0))])
    assert value(found.uc_per_s) == 70.0


def test_charge_is_held_against_the_least_that_relieves_as_much() -> None:
    runs = [
        trace(0, [1.0] * 2, [0.0] * 2, 2.0, recommended_uc_per_s=(1.0, 90.0), cheapest_uc_per_s=(1.0, 30.0)),
        trace(1, [1.0] * 2, [0.0] * 2, 2.0, recommended_uc_per_s=(1.0, 10.0), cheapest_uc_per_s=(1.0, 10.0)),
    ]
    assert value(summarise(runs)[0].excess_charge) == pytest.approx(100 / 40)


def test_ask_times_are_those_of_every_ask() -> None:
    (found,) = summarise([trace(0, [0.0] * 5, [0.0] * 5, 2.0, ask_s=(0.1, 0.2, 0.3, 4.0))])
    assert (found.ask_median_s, found.ask_max_s) == (0.25, 4.0)
    assert found.ask_p95_s == pytest.approx(0.3 + 0.85 * 3.7)
