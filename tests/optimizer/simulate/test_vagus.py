import numpy as np
import pytest

from optimizer.simulate import vagus
from optimizer.simulate.cohort import Cohort, draw_cohort
from optimizer.simulate.preset import load_preset
from optimizer.simulate.vagus import Dose


@pytest.fixture(scope="module")
def cohort() -> Cohort:
    return draw_cohort(load_preset("vns"), 3, 3000)


def dose(
    *amplitudes_ma: float, pulse_width_us: float = 250.0, frequency_hz: float = 20.0, duty: float = 0.16
) -> Dose:
    n = len(amplitudes_ma)
    return Dose(
        amplitude_ma=np.array(amplitudes_ma),
        pulse_width_us=np.full(n, pulse_width_us),
        frequency_hz=np.full(n, frequency_hz),
        duty=np.full(n, duty),
    )


def test_half_of_people_have_an_a_fibre_threshold_of_085_ma_at_500_us_and_wider_pulses_need_less(
    cohort: Cohort,
) -> None:
    assert np.median(vagus.intensity(cohort, dose(0.85, pulse_width_us=500.0))) == pytest.approx(
        1.0, abs=0.03
    )
    wide, narrow = (vagus.intensity(cohort, dose(1.0, pulse_width_us=width)) for width in (500.0, 130.0))
    assert (wide > narrow).all()


def test_a_low_dose_does_harm_and_more_is_not_always_better(cohort: Cohort) -> None:
    low, good, far = vagus.target_share(cohort, dose(0.7, 1.8, 3.5)).T
    assert (low < 0).mean() > 0.4
    assert (good < 0).mean() < 0.1
    assert far.mean() < good.mean()


def test_slow_rates_and_short_duty_cycles_do_little(cohort: Cohort) -> None:
    usual = vagus.target_share(cohort, dose(1.5)).mean()
    assert vagus.target_share(cohort, dose(1.5, frequency_hz=5.0)).mean() < 0.2 * usual
    assert vagus.target_share(cohort, dose(1.5, duty=0.04)).mean() < 0.5 * usual


def test_benefit_takes_weeks_and_leaves_as_slowly(cohort: Cohort) -> None:
    nothing, target = np.zeros((cohort.size, 1)), vagus.target_share(cohort, dose(1.8))
    after = [vagus.share_after(cohort, nothing, target, days).mean() for days in (0.0, 7.0, 56.0, 400.0)]
    assert after[0] == 0
    assert after[1] < 0.25 * target.mean() < 0.5 * target.mean() < after[2]
    assert after[3] == pytest.approx(target.mean(), rel=0.02)
    assert vagus.share_after(cohort, target, nothing, 7.0).mean() > 0.75 * target.mean()


@pytest.mark.parametrize(
    ("kind", "months", "published"), [("hoarseness", 12, 0.55), ("cough", 12, 0.15), ("dyspnoea", 12, 0.13)]
)
def test_side_effects_fade_as_in_the_epilepsy_trials(
    cohort: Cohort, kind: str, months: float, published: float
) -> None:
    assert vagus.has_effect(cohort, dose(1.25, 1.5), kind, months).mean() == pytest.approx(published, abs=0.1)


def test_what_was_too_much_at_first_is_tolerated_after_months(cohort: Cohort) -> None:
    at_first, later = (
        vagus.expected_grade(cohort, dose(1.6), "discomfort", day).mean() for day in (0.0, 120.0)
    )
    assert at_first > 5.0
    assert later < 3.5


def test_grades_are_whole_and_on_the_scale(cohort: Cohort) -> None:
    for kind in ("discomfort", *vagus.FADING, "muscle_twitch"):
        for amplitude_ma in (0.0, 1.5, 3.5):
            grade = vagus.reported_grade(cohort, dose(amplitude_ma), kind, "t", 10.0)
            assert set(np.unique(grade)) <= set(range(11))
            if amplitude_ma == 0:
                assert (grade == 0).all()


def test_pain_stays_on_its_scale_even_where_stimulation_does_harm(cohort: Cohort) -> None:
    pain = vagus.expected_pain_nrs(cohort, np.full((cohort.size, 1), -0.9), 5.0)
    assert pain.max() == 10.0
