"""Probability integral transform and ranked probability score, against what is known of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from optimizer.evaluate.metrics.calibration import (
    calibration,
    coverage,
    crps,
    pit_histogram,
    rounded_normal,
)
from optimizer.evaluate.trace import Rated
from tests.optimizer.evaluate.traces import trace

K = 11
EVERY = np.arange(K)


@st.composite
def distributions(draw: st.DrawFn) -> np.ndarray:
    weights = draw(st.lists(st.integers(0, 50), min_size=K, max_size=K).filter(any))
    return np.array(weights, dtype=np.float64) / sum(weights)


def at_every_place(p: np.ndarray) -> np.ndarray:
    return np.tile(p, (K, 1))


@given(distributions(), st.floats(0.01, 0.99))
def test_an_interval_of_the_true_distribution_covers_exactly_its_level(p: np.ndarray, level: float) -> None:
    assert p @ coverage(at_every_place(p), EVERY, level) == pytest.approx(level)


@given(distributions())
def test_ratings_of_the_true_distribution_fill_the_histogram_evenly(p: np.ndarray) -> None:
    assert p @ pit_histogram(at_every_place(p), EVERY) == pytest.approx(np.full(10, 0.1))


@given(distributions(), st.integers(0, K - 1))
def test_the_share_inside_is_the_mean_over_the_draw_of_the_randomised_transform(
    p: np.ndarray, place: int
) -> None:
    before, here = p[:place].sum(), p[place]
    draws = before + (np.arange(4_000) + 0.5) / 4_000 * here
    share = coverage(p[None, :], np.array([place]), 0.5)[0]
    assert share == pytest.approx(((draws >= 0.25) & (draws <= 0.75)).mean(), abs=5e-4)


def test_too_narrow_a_prediction_covers_too_little_and_too_wide_a_one_too_much() -> None:
    ratings = np.clip(np.random.default_rng(0).normal(5.0, 1.5, size=4_000).round(), 0, 10).astype(np.int64)
    covered = {
        sd: coverage(rounded_normal(np.full(4_000, 5.0), sd, K), ratings, 0.5).mean()
        for sd in (0.7, 1.5, 3.0)
    }
    assert covered[0.7] < 0.35 < covered[1.5] < 0.65 < covered[3.0]
    assert covered[1.5] == pytest.approx(0.5, abs=0.02)


def test_a_rating_held_impossible_is_outside() -> None:
    p = np.zeros((2, K))
    p[:, 5] = 1.0
    assert coverage(p, np.array([2, 9]), 0.9).tolist() == [0.0, 0.0]


@given(st.integers(0, K - 1), st.integers(0, K - 1))
def test_a_sure_prediction_scores_its_distance(said: int, given_: int) -> None:
    p = np.zeros((1, K))
    p[0, said] = 1.0
    assert crps(p, np.array([given_]))[0] == abs(said - given_)


@given(distributions(), st.integers(0, K - 1))
def test_the_score_is_the_distance_less_half_the_spread(p: np.ndarray, place: int) -> None:
    distance = p @ np.abs(EVERY - place)
    spread = p @ np.abs(EVERY[:, None] - EVERY[None, :]) @ p
    assert crps(p[None, :], np.array([place]))[0] == pytest.approx(distance - spread / 2)


@given(distributions(), distributions())
def test_nobody_scores_better_than_the_truth(true: np.ndarray, other: np.ndarray) -> None:
    honest = true @ crps(at_every_place(true), EVERY)
    assert honest <= true @ crps(at_every_place(other), EVERY) + 1e-12


def test_a_fine_normal_scores_as_the_closed_form_of_the_continuous_one() -> None:
    # places a fiftieth of the spread apart: the sum over steps is the integral
    mean, sd, given_ = 200.0, 50.0, 260
    z = (given_ - mean) / sd
    closed = sd * (z * (2 * stats.norm.cdf(z) - 1) + 2 * stats.norm.pdf(z) - 1 / np.sqrt(np.pi))
    p = rounded_normal(np.array([mean]), sd, 401)
    assert crps(p, np.array([given_]))[0] == pytest.approx(closed, rel=2e-3)


def rated(ratings: list[int], probabilities: tuple[float, ...]) -> tuple[Rated, ...]:
    return tuple(
        Rated(trial=number, rating=float(rating), probabilities=probabilities if number else ())
        for number, rating in enumerate(ratings)
    )


def test_only_what_was_predicted_counts_and_the_mean_is_of_earlier_ratings() -> None:
    p = tuple(rounded_normal(np.array([5.0]), 1.0, K)[0].tolist())
    runs = [trace(n, [1.0] * 3, [0.0] * 3, 2.0, rated=rated([5, 5, 5], p)) for n in range(4)]
    found = calibration(runs)
    assert found is not None
    assert found.n_ratings == 8
    # the patient's mean is 5 every time and its best spread the smallest: it scores almost nothing
    assert found.baseline_crps.value == pytest.approx(0.0, abs=1e-3)
    assert found.crps.value == pytest.approx(crps(np.array([p]), np.array([5]))[0])
    assert found.skill.value < 0


def test_the_baseline_knows_nothing_of_the_rating_it_is_scored_on() -> None:
    p = tuple(rounded_normal(np.array([5.0]), 1.0, K)[0].tolist())
    found = calibration([trace(0, [1.0] * 2, [0.0] * 2, 2.0, rated=rated([2, 8], p))])
    assert found is not None
    # from 2 to 8: even the widest spread leaves more than two points, while a mean of both ratings would leave less
    widest = crps(rounded_normal(np.array([2.0]), 4.0, K), np.array([8]))[0]
    assert found.baseline_crps.value == pytest.approx(widest)


def test_a_model_that_knows_beats_the_patients_mean() -> None:
    low, high = (tuple(rounded_normal(np.array([m]), 0.5, K)[0].tolist()) for m in (2.0, 8.0))
    entries = tuple(
        Rated(trial=t, rating=8.0 if t % 2 else 2.0, probabilities=(high if t % 2 else low) if t else ())
        for t in range(10)
    )
    found = calibration([trace(0, [1.0] * 10, [0.0] * 10, 2.0, rated=entries)])
    assert found is not None
    assert found.skill.value > 0.8


def test_a_policy_that_predicts_nothing_is_not_judged() -> None:
    assert calibration([trace(0, [1.0] * 3, [0.0] * 3, 2.0, rated=rated([5, 4, 3], ()))]) is None
