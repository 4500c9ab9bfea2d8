from dataclasses import replace

import pytest

from optimizer.simulate.cohort import Cohort, draw_cohort
from optimizer.simulate.preset import load_preset
from optimizer.simulate.validation.nerves import (
    measured_ganglion,
    measured_kilohertz,
    measured_nerve,
    measured_skin,
)

SIZE = 600


def cohort(preset: str, **fixed: float) -> Cohort:
    """A cohort with some traits the same for everyone."""
    found = load_preset(preset)
    laws = {
        name: replace(found.laws[name], fixed=value, beta=None, lognormal=None)
        for name, value in fixed.items()
    }
    return draw_cohort(replace(found, laws=found.laws | laws), 7, SIZE)


def test_without_an_effect_of_the_settings_treated_patients_are_like_controls() -> None:
    found = measured_nerve(cohort("pns", achievable_share=0.0))
    assert found["pns_responders"] == found["pns_responders_sham"]
    helped = measured_nerve(cohort("pns"))
    assert helped["pns_responders"] > 2 * helped["pns_responders_sham"]


def test_a_larger_effect_is_a_larger_difference_from_placebo() -> None:
    ear = cohort("tavns")
    differences = [
        measured_skin(cohort("tens", achievable_share=share), ear)["tens_over_placebo_sd"]
        for share in (0.0, 0.3, 0.6)
    ]
    assert differences[0] == 0
    assert differences[2] < differences[1] < 0


def test_a_slower_washout_is_found_slower() -> None:
    fast, slow = (measured_ganglion(cohort("drg", wash_out_s=3600.0 * hours)) for hours in (6.0, 12.0))
    assert slow["drg_washout_quarter_h"] == pytest.approx(2 * fast["drg_washout_quarter_h"], rel=0.02)
    assert slow["drg_washout_most_h"] == pytest.approx(2 * fast["drg_washout_most_h"], rel=0.02)


def test_currents_scale_with_the_threshold() -> None:
    one, two = (measured_kilohertz(cohort("ten-khz", rheobase_ma=r)) for r in (2.0, 4.0))
    assert two["ten_khz_therapeutic_ma"] == pytest.approx(2 * one["ten_khz_therapeutic_ma"])
