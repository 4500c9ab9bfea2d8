import numpy as np
import pytest

from optimizer.simulate.cohort import draw_cohort
from optimizer.simulate.preset import load_preset
from optimizer.simulate.validation.trials import Arm, measured_reports, run_arm


def arm(preset: str, size: int = 1500) -> Arm:
    return run_arm(draw_cohort(load_preset(preset), 8, size))


def test_few_null_patients_pass_screening_and_their_relief_is_all_placebo() -> None:
    null, tonic = arm("null"), arm("tonic")
    assert null.passed.mean() < 0.4
    assert tonic.passed.mean() > 0.8
    assert null.specific_nrs(12) == 0
    assert tonic.specific_nrs(12) > 0.7


def test_the_sceptical_view_is_sceptical() -> None:
    sceptical, tonic = arm("sceptical"), arm("tonic")
    assert sceptical.passed.mean() == pytest.approx(0.63, abs=0.08)
    assert sceptical.responders(12) == pytest.approx(0.35, abs=0.08)
    assert sceptical.specific_nrs(12) < tonic.specific_nrs(12)


def test_promise_like_patients_pass_and_respond_as_seldom_as_in_promise() -> None:
    promise = arm("promise-like")
    assert promise.passed.mean() * promise.responders(6) == pytest.approx(0.136, abs=0.05)


def test_relief_is_lost_over_the_years() -> None:
    mid = arm("mid")
    assert mid.relief(1).mean() > mid.relief(36).mean() + 0.02


def test_reliability_is_that_of_the_selected_population() -> None:
    cohort = draw_cohort(load_preset("tonic"), 8, 1500)
    cohort.traits["report_sd_nrs"] = np.full((1500, 1), 1.25)
    cohort.traits["baseline_nrs"] = 5.0 + 1.71 * np.random.default_rng(0).standard_normal((1500, 1))
    assert measured_reports(cohort)["single_day_reliability"] == pytest.approx(0.65, abs=0.03)
