import numpy as np
import pytest

from optimizer.simulate.cohort import Cohort, draw_cohort
from optimizer.simulate.effect import coverage, goodness, recruitment, sigmoid
from optimizer.simulate.preset import load_preset
from optimizer.simulate.stimulus import Stimulus


@pytest.fixture(scope="module")
def cohort() -> Cohort:
    return draw_cohort(load_preset("tonic"), 11, 400)


def at_levels(levels: list[int], **values: float) -> Stimulus:
    n = len(levels)
    filled = {"amplitude_ma": 7.0, "pulse_width_us": 400.0, "frequency_hz": 55.0} | values
    return Stimulus(cathodes=np.eye(8)[levels], **{name: np.full(n, value) for name, value in filled.items()})


def test_recruitment_is_nothing_without_current_full_inside_the_window_and_falls_above(
    cohort: Cohort,
) -> None:
    u = np.tile([-3.0, 0.5, 1.6], (cohort.size, 1))
    off, _, above = recruitment(cohort, u).T
    at_own_best = recruitment(cohort, cohort["best_window_position"])
    assert off.max() < 1e-6
    assert at_own_best.min() > 0.6
    assert above.max() < 0.45
    assert ((recruitment(cohort, u) >= 0) & (recruitment(cohort, u) <= 1)).all()


def test_coverage_falls_with_distance_from_the_best_level(cohort: Cohort) -> None:
    covered = coverage(cohort, at_levels(list(range(8))))
    nearest = np.rint(cohort["best_level"][:, 0]).astype(int) - 1
    assert np.array_equal(covered.argmax(axis=1), nearest)


def test_a_moved_lead_covers_what_another_level_covered(cohort: Cohort) -> None:
    covered, moved = (coverage(cohort, at_levels(list(range(8))), shift) for shift in (0.0, 1.0))
    assert np.allclose(moved[:, 1:], covered[:, :-1])


def test_goodness_is_a_share_and_best_at_the_patients_own_rate_and_width(cohort: Cohort) -> None:
    perception = np.full((cohort.size, 1), 6.0)
    good = goodness(cohort, at_levels([3]), perception)
    off_rate = goodness(cohort, at_levels([3], frequency_hz=1000.0), perception)
    off_width = goodness(cohort, at_levels([3], pulse_width_us=20.0), perception)
    assert ((good >= 0) & (good <= 1)).all()
    assert (off_rate <= good).mean() > 0.99
    assert (off_width <= good).mean() > 0.99


def test_an_unknown_configuration_has_no_made_up_effect(cohort: Cohort) -> None:
    unknown = at_levels([3])
    unknown.cathodes[:] = np.nan
    assert np.isnan(goodness(cohort, unknown, np.full((cohort.size, 1), 6.0))).all()


def test_sub_perception_relief_peaks_below_perception_and_along_the_ridge() -> None:
    cohort = draw_cohort(load_preset("ten-khz"), 11, 400)
    perception = np.full((cohort.size, 1), 6.0)

    def mean_at(amplitude_ma: float, pulse_width_us: float, frequency_hz: float) -> float:
        stimulus = at_levels(
            [3], amplitude_ma=amplitude_ma, pulse_width_us=pulse_width_us, frequency_hz=frequency_hz
        )
        return goodness(cohort, stimulus, perception).mean()

    assert mean_at(3.3, 24.0, 10_000.0) > 2 * mean_at(6.5, 24.0, 10_000.0)
    assert mean_at(3.3, 24.0, 10_000.0) > 2 * mean_at(3.3, 60.0, 10_000.0)
    assert mean_at(3.3, 98.0, 1_000.0) == pytest.approx(mean_at(3.3, 24.0, 10_000.0), rel=0.01)


def test_below_one_kilohertz_width_and_rate_act_as_where_stimulation_is_felt() -> None:
    slow = draw_cohort(load_preset("sub-perception"), 11, 400)
    perception = np.full((slow.size, 1), 6.0)
    at_best, wide = (
        goodness(slow, at_levels([3], amplitude_ma=3.3, pulse_width_us=w, frequency_hz=90.0), perception)
        for w in (250.0, 1000.0)
    )
    felt = goodness(
        slow, at_levels([3], amplitude_ma=9.0, pulse_width_us=250.0, frequency_hz=90.0), perception
    )
    assert at_best.mean() > 0.25
    assert at_best.mean() > 2 * wide.mean()
    assert at_best.mean() > 2 * felt.mean()


def test_the_logistic_function_does_not_overflow() -> None:
    assert sigmoid(np.array([-1e9, 0.0, 1e9])).tolist() == [0.0, 0.5, 1.0]
