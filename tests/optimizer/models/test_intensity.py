"""Intensity is current over the limit current: what the physiology ties together stays tied."""

import math
from collections.abc import Mapping
from types import MappingProxyType

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


LEARNED = (Posture.SITTING, Posture.LYING)


def felt(
    learned: tuple[Posture, ...],
    start: dict[str, object] = START,
    shifts: Mapping[str, float] = MappingProxyType({}),
    **said: object,
) -> list[float]:
    """Log intensity of a start standing, sitting and lying down, shifts of postures at their medians unless given."""
    problem = tonic(**said)
    points = points_of(problem, indices(problem, start))
    found = intensity_of(problem, points, learned)
    prior = Hyperprior(found.beliefs)
    values = prior.values(torch.zeros(1, prior.size, dtype=torch.float64))
    values |= {name: torch.tensor([[shift]], dtype=torch.float64) for name, shift in shifts.items()}
    codes = [postures.code(posture, learned) for posture in (Posture.STANDING, *LEARNED)]
    return [float(found.log_intensity(values, points.in_posture(code))[0, 0]) for code in codes]


@pytest.mark.parametrize(
    ("uses", "learned", "levels"),
    [
        ((PostureUse.ALL_DAY,), LEARNED, [-0.50, -0.44, -0.25]),
        ((PostureUse.LYING,), LEARNED, [-0.50, -0.44, -0.25]),
        ((PostureUse.UPRIGHT,), LEARNED, [-0.31, -0.25, -0.06]),
        ((PostureUse.UPRIGHT,), (Posture.LYING,), [-0.25, -0.25, 0.0]),
        ((PostureUse.ALL_DAY,), (), [-0.25, -0.25, -0.25]),
    ],
)
def test_a_start_borne_in_its_use_lies_its_margin_below_the_limit_of_the_most_sensitive_posture(
    uses: tuple[PostureUse, ...], learned: tuple[Posture, ...], levels: list[float]
) -> None:
    assert felt(learned, postures=uses, start_borne_in_use=True) == pytest.approx(levels)


def test_which_posture_bears_least_is_the_patients_own() -> None:
    sitting = felt(
        LEARNED, shifts={"sitting_shift": -0.4}, postures=(PostureUse.ALL_DAY,), start_borne_in_use=True
    )
    assert sitting == pytest.approx([-0.65, -0.25, -0.40])


@pytest.mark.parametrize("said", [{}, {"start_borne_in_use": False}])
def test_where_nobody_says_so_the_margin_of_the_start_is_that_of_standing(said: dict[str, object]) -> None:
    assert felt(LEARNED, postures=(PostureUse.ALL_DAY,), **said) == pytest.approx([-0.25, -0.19, 0.0])


def test_a_start_that_is_off_was_borne_in_no_posture() -> None:
    off = {**START, "amplitude_ma": 0.0}
    said = felt(LEARNED, off, postures=(PostureUse.ALL_DAY,), start_borne_in_use=True)
    assert said == pytest.approx(felt(LEARNED, off, postures=(PostureUse.ALL_DAY,)))


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
