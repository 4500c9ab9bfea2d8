from dataclasses import replace

import pytest

from optimizer.simulate.cohort import draw_cohort
from optimizer.simulate.preset import Preset, load_preset
from optimizer.simulate.validation.choices import measured_choices

TONIC = load_preset("tonic")


def preset(**fixed: float) -> Preset:
    laws = {
        name: replace(TONIC.laws[name], fixed=value, beta=None, lognormal=None)
        for name, value in fixed.items()
    }
    return replace(TONIC, laws=TONIC.laws | laws)


def test_without_noise_every_choice_is_foreseen_and_with_much_of_it_half() -> None:
    certain = measured_choices(draw_cohort(preset(preference_sd_nrs=1e-6), 4, 500))
    chance = measured_choices(draw_cohort(preset(preference_sd_nrs=1e6), 4, 4000))
    assert certain["choices_foreseen"] == 1.0
    assert chance["choices_foreseen"] == pytest.approx(0.5, abs=0.05)


def test_choices_of_whom_no_setting_helps_are_foreseen_worse() -> None:
    helped, unhelped = (
        measured_choices(draw_cohort(p, 4, 4000))["choices_foreseen"]
        for p in (TONIC, preset(achievable_share=0.0))
    )
    assert unhelped < helped - 0.05
