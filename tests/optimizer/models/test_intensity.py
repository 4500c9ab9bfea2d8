"""Intensity is current over the limit current: what the physiology ties together stays tied."""

import math

import pytest
import torch

from optimizer.models import postures
from optimizer.models.dataset import points_of
from optimizer.models.hyperprior import Hyperprior
from optimizer.models.intensity import Intensity, intensity_of
from optimizer.problem import PostureUse
from optimizer.trial import Posture
from tests.optimizer.models.courses import START, indices, tonic


@pytest.fixture(scope="module")
def intensity() -> Intensity:
    problem = tonic()
    return intensity_of(problem, points_of(problem, indices(problem, START)))


def levels(intensity: Intensity, *points: dict[str, object]) -> list[float]:
    problem = tonic()
    white = torch.zeros(1, Hyperprior(intensity.beliefs).size, dtype=torch.float64)
    values = Hyperprior(intensity.beliefs).values(white)
    return intensity.log_intensity(values, points_of(problem, indices(problem, *points)))[0].tolist()


def test_the_start_lies_its_margin_below_the_limit(intensity: Intensity) -> None:
    assert levels(intensity, START)[0] == pytest.approx(-0.25)


def test_a_start_used_all_day_lies_its_margin_below_the_limit_of_the_most_sensitive_posture() -> None:
    problem, learned = tonic(postures=(PostureUse.ALL_DAY,)), (Posture.SITTING, Posture.LYING)
    start = points_of(problem, indices(problem, START))
    all_day = intensity_of(problem, start, learned)
    prior = Hyperprior(all_day.beliefs)
    values = prior.values(torch.zeros(1, prior.size, dtype=torch.float64))

    def level(posture: Posture) -> float:
        felt = start.in_posture(postures.code(posture, learned))
        return float(all_day.log_intensity(values, felt)[0, 0])

    assert level(Posture.LYING) == pytest.approx(-0.25)
    assert level(Posture.STANDING) == pytest.approx(-0.50)
    assert level(Posture.SITTING) == pytest.approx(-0.44)


def test_doubling_the_current_adds_the_log_of_two(intensity: Intensity) -> None:
    start, twice = levels(intensity, START, {**START, "amplitude_ma": 10.0})
    assert twice - start == pytest.approx(math.log(2.0))


def test_a_wider_pulse_is_stronger_by_weisss_law(intensity: Intensity) -> None:
    start, wide = levels(intensity, START, {**START, "pulse_width_us": 450.0})
    assert wide - start == pytest.approx(math.log((1 + 290 / 300) / (1 + 290 / 450)))


def test_a_faster_rate_is_never_weaker(intensity: Intensity) -> None:
    found = levels(intensity, *[{**START, "frequency_hz": rate} for rate in (10.0, 40.0, 80.0, 120.0)])
    assert found == sorted(found)


def test_stimulation_off_is_far_below_everything(intensity: Intensity) -> None:
    assert levels(intensity, {**START, "amplitude_ma": 0.0})[0] < -5.0


def test_a_course_that_starts_with_stimulation_off_takes_the_typical_limit() -> None:
    problem = tonic()
    off = intensity_of(problem, points_of(problem, indices(problem, {**START, "amplitude_ma": 0.0})))
    typical = problem.excitability.amplitude_scale_ma * problem.excitability.window
    assert off.starts_off
    assert levels(off, {**START, "amplitude_ma": 8.8})[0] == pytest.approx(math.log(8.8 / typical))


def test_neighbouring_configurations_resemble_each_other_more_than_distant_ones(intensity: Intensity) -> None:
    covariance = intensity.field_root @ intensity.field_root.T
    assert covariance[0, 1] > covariance[0, 4] > covariance[0, 7]
    assert float(covariance[0, 0]) == pytest.approx(0.12**2, rel=1e-3)
