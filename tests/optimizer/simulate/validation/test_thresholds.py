import numpy as np
import pytest

from optimizer.simulate.cohort import Cohort, draw_cohort
from optimizer.simulate.preset import load_preset
from optimizer.simulate.validation.thresholds import measured_thresholds


def cohort(**changes: float) -> Cohort:
    drawn = draw_cohort(load_preset("tonic"), 1, 500)
    for name, value in changes.items():
        drawn.traits[name] = np.full((500, 1), value)
    return drawn


def test_without_an_effect_of_posture_there_is_no_charge_range_and_half_of_the_time_is_not_lost() -> None:
    same = measured_thresholds(cohort(posture_sitting=1.0, posture_lying=1.0, posture_jitter_log_sd=0.0))
    assert same["charge_range_uc"] == pytest.approx(0.0, abs=1e-12)
    assert same["too_much_lying_share"] == 0
    assert same["time_in_window_median"] == pytest.approx(1.0)


def test_lying_far_below_standing_takes_every_setting_past_discomfort() -> None:
    low = measured_thresholds(cohort(posture_lying=0.4))
    assert low["lying_lowest_share"] == 1.0
    assert low["too_much_lying_share"] > 0.99
    assert low["time_in_window_median"] < 0.67


def test_a_wider_window_is_seen_as_one() -> None:
    assert measured_thresholds(cohort(discomfort_ratio=2.0))["dt_over_pt"] == pytest.approx(2.0)
