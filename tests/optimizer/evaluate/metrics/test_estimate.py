"""Ratios, means, medians and differences over patients, and their intervals."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.evaluate.metrics.estimate import Estimate, mean, median, resamples, sums


def found(estimate: Estimate | None) -> Estimate:
    assert estimate is not None
    return estimate


def test_a_ratio_is_one_of_sums_and_not_a_mean_of_ratios() -> None:
    share = sums(np.array([1.0, 2.0]), np.array([4.0, 2.0]), np.array([0, 1])).estimate()
    assert found(share).value == pytest.approx(3.0 / 6.0)


def test_the_interval_resamples_patients_and_not_runs() -> None:
    level = np.random.default_rng(1).normal(size=20)
    once = found(mean(level, np.arange(20)))
    repeated = found(mean(np.repeat(level, 10), np.repeat(np.arange(20), 10)))
    assert repeated.high - repeated.low == pytest.approx(once.high - once.low)
    assert once.low < once.value < once.high


def test_the_interval_has_the_width_that_theory_gives_a_mean() -> None:
    level = np.random.default_rng(2).normal(size=400)
    wide = found(mean(level, np.arange(400)))
    assert wide.high - wide.low == pytest.approx(2 * 1.96 * level.std() / math.sqrt(400), rel=0.08)


def test_an_interval_covers_the_truth_about_nineteen_times_of_twenty() -> None:
    rng = np.random.default_rng(3)
    inside = 0
    for _ in range(300):
        estimate = found(mean(rng.normal(1.0, 2.0, size=60), np.arange(60)))
        inside += estimate.low <= 1.0 <= estimate.high
    assert 0.90 <= inside / 300 <= 0.98


def test_a_paired_difference_takes_common_luck_out() -> None:
    rng = np.random.default_rng(4)
    luck = rng.normal(scale=5.0, size=50)
    ones = np.ones(50)
    ours = sums(luck + 1.0 + rng.normal(scale=0.1, size=50), ones, np.arange(50))
    theirs = sums(luck, ones, np.arange(50))
    difference = found(ours.less(theirs))
    assert difference.value == pytest.approx(1.0, abs=0.1)
    assert difference.high - difference.low < 0.1
    assert difference.excludes_zero


def test_a_difference_is_over_the_patients_both_met() -> None:
    ours = sums(np.array([1.0, 2.0, 300.0]), np.ones(3), np.array([0, 1, 2]))
    theirs = sums(np.array([500.0, 0.5, 1.0]), np.ones(3), np.array([9, 0, 1]))
    assert found(ours.less(theirs)).value == pytest.approx((0.5 + 1.0) / 2)
    assert ours.less(sums(np.ones(1), np.ones(1), np.array([7]))) is None


def test_the_median_counts_those_who_never_got_there() -> None:
    never = math.inf
    assert found(median(np.array([2.0, never, 3.0]), np.arange(3))).value == 3.0
    half = found(median(np.array([2.0, never, never, 3.0]), np.arange(4)))
    assert (half.value, half.high) == (3.0, never)
    assert found(median(np.array([2.0, never, never]), np.arange(3))).value == never


def test_no_patients_give_nothing() -> None:
    none = np.array([])
    nobody = np.array([], dtype=np.int64)
    assert sums(none, none, nobody).estimate() is None
    assert mean(none, nobody) is None
    assert median(none, nobody) is None


def test_nothing_to_divide_by_gives_nothing() -> None:
    assert sums(np.ones(2), np.zeros(2), np.array([0, 1])).estimate() is None


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=20), st.randoms(use_true_random=False))
def test_the_order_of_runs_changes_nothing(values: list[float], random: object) -> None:
    patients = np.arange(len(values))
    order = np.array(random.sample(range(len(values)), len(values)))  # type: ignore[attr-defined]
    straight = found(mean(np.array(values), patients))
    shuffled = found(mean(np.array(values)[order], patients[order]))
    assert straight == shuffled
    assert straight.low <= straight.value + 1e-12
    assert straight.high >= straight.value - 1e-12


def test_every_resample_has_as_many_patients_as_there_are() -> None:
    assert (resamples(7).sum(axis=1) == 7).all()
