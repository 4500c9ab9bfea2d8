"""Pooled ratings say what the ratings themselves say."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from optimizer.models.pooling import AT_MOST, DAY_LENGTHS, MOST, Rated, pool


def rated(trial: int, day: float, relief: float, posture: int = 0) -> Rated:
    return Rated(trial=trial, posture=posture, day=day, relief=relief, report_ids=(f"{trial}-{day}",))


def test_ratings_of_one_trial_are_one_row_with_mean_number_and_scatter() -> None:
    pooled = pool([rated(0, 0.0, 2.0), rated(0, 0.1, 4.0), rated(1, 1.0, 5.0)], ["a", "b"])
    assert pooled.relief.tolist() == [3.0, 5.0]
    assert pooled.n_reports.tolist() == [2.0, 1.0]
    assert pooled.scatter.tolist() == [2.0, 0.0]
    assert pooled.report_ids == (("0-0.0", "0-0.1"), ("1-1.0",))


def test_ratings_of_one_trial_in_two_postures_are_two_rows() -> None:
    ratings = [rated(0, 0.0, 2.0), rated(0, 0.1, 6.0, posture=2), rated(0, 0.2, 4.0)]
    pooled = pool(ratings, ["a"])
    assert pooled.trials == (0, 0)
    assert pooled.postures.tolist() == [0, 2]
    assert pooled.relief.tolist() == [3.0, 6.0]


def test_a_long_course_is_never_pooled_over_postures() -> None:
    ratings = [
        rated(number, float(number), float(number % 2), posture=2 * (number % 2)) for number in range(500)
    ]
    pooled = pool(ratings, ["a"] * 500)
    assert len(pooled.relief) <= AT_MOST
    assert set(pooled.scatter.tolist()) == {0.0}
    assert pooled.postures.tolist() == [2 * int(relief) for relief in pooled.relief]


def test_days_of_two_rows_resemble_each_other_as_the_pairs_of_their_ratings_do_on_average() -> None:
    pooled = pool([rated(0, 0.0, 1.0), rated(0, 2.0, 1.0), rated(1, 3.0, 1.0)], ["a", "b"])
    length = float(DAY_LENGTHS[4])
    expected = (np.exp(-3.0 / length) + np.exp(-1.0 / length)) / 2
    assert float(pooled.alike[4, 0, 1]) == pytest.approx(expected)
    assert float(pooled.alike[4, 0, 0]) == pytest.approx((1 + np.exp(-2.0 / length)) / 2)


def test_a_long_course_is_pooled_by_settings_and_nothing_is_left_out_while_they_repeat() -> None:
    ratings = [rated(number, float(number), float(number % 7)) for number in range(1000)]
    pooled = pool(ratings, [number % 40 for number in range(1000)])
    assert len(pooled.relief) <= AT_MOST
    assert pooled.left_out == 0
    assert int(pooled.n_reports.sum()) == 1000


def test_of_too_many_different_settings_the_oldest_are_left_out_and_counted() -> None:
    ratings = [rated(number, float(number), 0.0) for number in range(MOST + 10)]
    pooled = pool(ratings, list(range(MOST + 10)))
    # twenty at once, so that the rest stay the same rows for a while
    assert pooled.left_out == 20
    assert pooled.trials[0] == 20


def test_an_afternoon_of_many_trials_is_pooled_too_and_not_left_out() -> None:
    # sixty in a clinic, every five minutes, then once a week
    days = [number / 288 for number in range(60)] + [7.0 * week for week in range(1, 31)]
    pooled = pool([rated(number, day, 0.0) for number, day in enumerate(days)], [n % 10 for n in range(90)])
    assert pooled.left_out == 0
    assert int(pooled.n_reports.sum()) == 90


@pytest.mark.parametrize(("n_trials", "different"), [(81, 60), (119, 55), (200, 70), (1000, 70)])
def test_nothing_is_left_out_while_different_settings_fit(n_trials: int, different: int) -> None:
    ratings = [rated(number, float(number), 0.0) for number in range(n_trials)]
    assert pool(ratings, [number % different for number in range(n_trials)]).left_out == 0


@pytest.mark.parametrize("different", [7, 1000])
def test_one_more_trial_of_a_long_course_leaves_the_rows_before_it_as_they_are(different: int) -> None:
    ratings = [rated(number, float(number), float(number % 7)) for number in range(131)]
    keys = [number % different for number in range(131)]
    before, after = pool(ratings[:-1], keys[:-1]), pool(ratings, keys)
    n = len(before.relief)
    assert after.trials == (*before.trials, 130)
    assert torch.equal(after.relief[:n], before.relief)
    assert torch.equal(after.n_reports[:n], before.n_reports)
    assert torch.equal(after.alike[:, :n, :n], before.alike)


def test_no_rating_is_no_row() -> None:
    assert pool([], []).alike.shape == (len(DAY_LENGTHS), 0, 0)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.floats(0, 20), st.floats(-10, 0)), min_size=1, max_size=12))
def test_mean_number_and_scatter_keep_the_density_of_ratings_up_to_a_constant(
    drawn: list[tuple[int, float, float]],
) -> None:
    # independent noise only: days that never resemble each other would need no table
    ratings = sorted((rated(t, d, r) for t, d, r in drawn), key=lambda r: (r.trial, r.day))
    pooled = pool(ratings, list(range(5)))

    def by_rows(level: float, sd: float) -> float:
        means = stats.norm.logpdf(pooled.relief.numpy(), level, sd / np.sqrt(pooled.n_reports.numpy())).sum()
        freedom = pooled.n_reports.numpy() - 1
        return float(means - 0.5 * (pooled.scatter.numpy() / sd**2 + 2 * freedom * np.log(sd)).sum())

    def by_ratings(level: float, sd: float) -> float:
        return float(stats.norm.logpdf([r.relief for r in ratings], level, sd).sum())

    one = by_rows(-5.0, 1.0) - by_rows(-4.0, 1.7)
    assert one == pytest.approx(by_ratings(-5.0, 1.0) - by_ratings(-4.0, 1.7), rel=1e-9, abs=1e-6)


def test_rows_are_resembling_days_on_the_diagonal_of_single_ratings() -> None:
    pooled = pool([rated(number, 3.0 * number, 0.0) for number in range(5)], list(range(5)))
    assert torch.equal(pooled.alike.diagonal(dim1=1, dim2=2), torch.ones(len(DAY_LENGTHS), 5).double())


def test_rows_are_held_against_the_present_whichever_of_them_is_the_latest() -> None:
    # the second row of the trial began first and ended last
    ratings = [rated(0, day, 0.0) for day in (0.0, 20.0)] + [rated(1, 10.0, 0.0)]
    expected = [(math.exp(-20.0 / 40.0) + 1.0) / 2.0, math.exp(-10.0 / 40.0)]
    assert pool(ratings, ["a", "b"]).to_now.tolist() == pytest.approx(expected)
    later = [share * math.exp(-1.0) for share in expected]
    assert pool(ratings, ["a", "b"], now_day=60.0).to_now.tolist() == pytest.approx(later)
    assert pool([], [], now_day=3.0).to_now.shape == (0,)
