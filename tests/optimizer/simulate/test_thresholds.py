"""The rows of section 8 of the physiology notes that speak of thresholds, on 4,000 patients."""

import numpy as np
import pytest

from optimizer.simulate.cohort import Cohort, draw_cohort
from optimizer.simulate.preset import load_preset
from optimizer.simulate.stimulus import Stimulus
from optimizer.simulate.thresholds import discomfort_ma, perception_ma, window_position
from optimizer.trial import Posture

THREE = (Posture.STANDING, Posture.SITTING, Posture.LYING)


@pytest.fixture(scope="module")
def cohort() -> Cohort:
    return draw_cohort(load_preset("tonic"), 2024, 4000)


def at(pulse_width_us: float = 300.0, frequency_hz: float = 40.0, amplitude_ma: float = 0.0) -> Stimulus:
    cathodes = np.zeros((1, 8))
    cathodes[0, 3] = 1.0
    return Stimulus(
        amplitude_ma=np.array([amplitude_ma]),
        pulse_width_us=np.array([pulse_width_us]),
        frequency_hz=np.array([frequency_hz]),
        cathodes=cathodes,
    )


@pytest.mark.parametrize(
    ("frequency_hz", "published"), [(40.0, (7.25, 8.17, 9.20)), (1200.0, (1.38, 1.63, 1.85))]
)
def test_thresholds_at_300_us_are_those_of_abejon(
    cohort: Cohort, frequency_hz: float, published: tuple[float, float, float]
) -> None:
    perception = perception_ma(cohort, at(frequency_hz=frequency_hz), Posture.STANDING)
    discomfort = discomfort_ma(cohort, perception)
    means = [perception.mean(), (0.5 * (perception + discomfort)).mean(), discomfort.mean()]
    assert means == pytest.approx(published, rel=0.15)


def test_discomfort_over_perception_lies_in_the_published_band(cohort: Cohort) -> None:
    perception = perception_ma(cohort, at(), Posture.STANDING)
    assert 1.25 < discomfort_ma(cohort, perception).mean() / perception.mean() < 1.40


def test_lying_is_the_lowest_posture_for_most(cohort: Cohort) -> None:
    by_posture = np.hstack([perception_ma(cohort, at(), posture) for posture in THREE])
    assert 0.75 < (by_posture.argmin(axis=1) == 2).mean() < 0.95


def test_the_charge_range_over_three_postures_is_that_of_cameron(cohort: Cohort) -> None:
    stimulus = at(frequency_hz=100.0)
    charge_uc = 0.3 * np.hstack([perception_ma(cohort, stimulus, posture) for posture in THREE])
    assert 0.4 < np.ptp(charge_uc, axis=1).mean() < 0.6


def test_a_mid_window_setting_chosen_standing_is_uncomfortable_lying_for_most(cohort: Cohort) -> None:
    standing = perception_ma(cohort, at(), Posture.STANDING)
    chosen_ma = 0.5 * (standing + discomfort_ma(cohort, standing))
    u_lying = window_position(cohort, chosen_ma, perception_ma(cohort, at(), Posture.LYING))
    assert 0.60 < (u_lying > 1.0).mean() < 0.90


def test_half_again_the_width_takes_a_mid_window_setting_past_discomfort(cohort: Cohort) -> None:
    narrow, wide = (perception_ma(cohort, at(width), Posture.STANDING) for width in (300.0, 450.0))
    assert np.median(wide / narrow) == pytest.approx(0.835, abs=0.01)


def test_the_window_runs_from_perception_to_discomfort(cohort: Cohort) -> None:
    perception = perception_ma(cohort, at(), Posture.STANDING)
    assert np.allclose(window_position(cohort, perception, perception), 0.0)
    assert np.allclose(window_position(cohort, discomfort_ma(cohort, perception), perception), 1.0)
    assert (window_position(cohort, 0 * perception, perception) < 0).all()


def test_drift_moves_the_threshold_by_its_logarithm(cohort: Cohort) -> None:
    still = perception_ma(cohort, at(), Posture.STANDING)
    assert np.allclose(perception_ma(cohort, at(), Posture.STANDING, 0.1), still * np.exp(0.1))
