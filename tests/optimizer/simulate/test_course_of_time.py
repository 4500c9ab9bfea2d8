import numpy as np
import pytest

from optimizer.simulate import course_of_time as time
from optimizer.simulate.cohort import Cohort, draw_cohort
from optimizer.simulate.course_of_time import Phase
from optimizer.simulate.preset import load_preset


@pytest.fixture(scope="module")
def cohort() -> Cohort:
    return draw_cohort(load_preset("tonic"), 5, 3000)


def test_expectation_begins_with_the_first_trial_and_its_extra_part_decays(cohort: Cohort) -> None:
    assert (time.non_specific_share(cohort, -1) == 0).all()
    assert time.non_specific_share(cohort, 0).mean() == pytest.approx(0.28 + 0.05, abs=0.02)
    assert time.non_specific_share(cohort, 200).mean() == pytest.approx(0.28, abs=0.02)


def test_everybody_keeps_the_effect_while_screening_and_few_do_afterwards(cohort: Cohort) -> None:
    assert (time.persistence(cohort, 5, Phase.SCREENING) == 1).all()
    after = time.persistence(cohort, 30, Phase.IMPLANTED)
    assert after.mean() == pytest.approx(0.35, abs=0.03)
    assert (after < 0.1).mean() > 0.4  # U-shaped: many lose it altogether
    assert (after > 0.9).mean() > 0.15


def test_loss_is_for_good(cohort: Cohort) -> None:
    early, late = (time.persistence(cohort, day, Phase.IMPLANTED) for day in (200, 2000))
    assert ((early == 0) <= (late == 0)).all()
    assert (late == 0).mean() > (early == 0).mean() + 0.05


def test_the_baseline_stands_still_while_screening_and_wanders_after_implantation() -> None:
    few = draw_cohort(load_preset("tonic"), 5, 500)
    assert np.array_equal(time.baseline_nrs(few, 8, Phase.SCREENING), few["baseline_nrs"])
    moved = time.baseline_nrs(few, 120, Phase.IMPLANTED) - few["baseline_nrs"]
    assert moved.std() == pytest.approx(0.95, abs=0.12)


def test_thresholds_drift_by_months_and_some_leads_move(cohort: Cohort) -> None:
    assert (time.threshold_shift(cohort, 20) == 0).all()
    assert time.threshold_shift(cohort, 365).std() == pytest.approx(
        np.sqrt(12 * 0.05**2 + 0.06 * 0.3**2), rel=0.15
    )
    assert (time.level_shift(cohort, 365) != 0).mean() == pytest.approx(0.06, abs=0.015)


def test_the_noise_of_a_day_has_its_size_and_remembers_yesterday(cohort: Cohort) -> None:
    days = np.hstack([time.day_noise_nrs(cohort, day) for day in (3, 4, 9)])
    scaled = days / cohort["report_sd_nrs"]
    assert scaled.std() == pytest.approx(1.04 / 1.25, abs=0.03)
    correlation = np.corrcoef(scaled.T)
    assert correlation[0, 1] == pytest.approx(0.25, abs=0.06)
    assert abs(correlation[0, 2]) < 0.06


def test_pain_rises_over_the_day_in_most(cohort: Cohort) -> None:
    assert (time.circadian_nrs(cohort, 14) == 0).all()
    assert time.circadian_nrs(cohort, 20).mean() == pytest.approx(0.4, abs=0.03)
    assert np.array_equal(time.circadian_nrs(cohort, 23), time.circadian_nrs(cohort, 20))


def test_flares_last_one_to_three_days_and_are_as_frequent_as_stated(cohort: Cohort) -> None:
    days = np.hstack([time.flare_nrs(cohort, day) for day in range(20)])
    assert set(np.unique(days)) == {0.0, 1.5}
    assert (days > 0).mean() == pytest.approx(2.0 / 21.0, abs=0.015)


def test_an_effect_builds_up_late_and_fades_later(cohort: Cohort) -> None:
    washed_in = [time.washed_in(cohort, minutes * 60.0).max() for minutes in (0, 5, 15, 60)]
    assert washed_in[0] == 0
    assert washed_in == sorted(washed_in)
    assert washed_in[3] > 0.98
    assert time.washed_out(cohort, 900.0).max() < washed_in[2]
    assert (time.washed_in(cohort, None) == 1).all()
    assert (time.washed_out(cohort, None) == 1).all()
