import numpy as np
import pytest

from optimizer.simulate.cohort import draw_cohort
from optimizer.simulate.preset import load_preset
from optimizer.simulate.validation.vagus import measured_vagus


def test_without_a_specific_effect_responders_are_those_of_placebo_and_do_not_rise() -> None:
    cohort = draw_cohort(load_preset("vns"), 1, 2000)
    with_effect = measured_vagus(cohort)
    for name in ("achievable_share", "low_dose_harm"):
        cohort.traits[name] = np.zeros((2000, 1))
    without = measured_vagus(cohort)
    assert without["vns_responders_12_weeks"] < with_effect["vns_responders_12_weeks"] - 0.05
    assert without["vns_responders_rise"] == pytest.approx(0.0, abs=0.06)


def test_a_higher_threshold_means_more_current_at_the_first_visit_and_less_hoarseness() -> None:
    cohort = draw_cohort(load_preset("vns"), 1, 2000)
    usual = measured_vagus(cohort)
    cohort.traits["a_fibre_500_us_ma"] = cohort.traits["a_fibre_500_us_ma"] * 1.5
    harder = measured_vagus(cohort)
    assert harder["vns_first_visit_ma"] > usual["vns_first_visit_ma"]
    assert harder["vns_hoarseness"] < usual["vns_hoarseness"]
