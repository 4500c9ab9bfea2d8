"""A value off its scale is refused, never rounded, and never echoed."""

import pytest

from optimizer.errors import OutcomeScaleError, ProblemDefinitionError
from optimizer.outcomes.scale import GRADE, PAIN_NRS, PAIN_REAL, OutcomeScale


@pytest.mark.parametrize("value", [0, 10, 7.0])
def test_whole_ratings_from_0_to_10_are_on_the_scale(value: float) -> None:
    assert PAIN_NRS.check(value, "report.value") == float(value)


@pytest.mark.parametrize("value", [11, -1, 3.5, float("nan"), float("inf"), None, "7", True, [7]])
def test_what_is_off_the_scale_is_refused(value: object) -> None:
    with pytest.raises(OutcomeScaleError) as refused:
        PAIN_NRS.check(value, "report.value")
    assert refused.value.field == "report.value"
    assert refused.value.limit == "whole numbers 0 to 10"
    if not isinstance(value, bool | list | None):
        assert str(value) not in refused.value.problem


def test_a_real_scale_takes_fractions_and_keeps_its_bounds() -> None:
    assert PAIN_REAL.check(3.25, "x") == 3.25
    with pytest.raises(OutcomeScaleError, match="0 to 10"):
        PAIN_REAL.check(10.01, "x")


@pytest.mark.parametrize(("low", "high"), [(0, 0), (1, 0), (float("nan"), 1), (0, float("inf"))])
def test_a_scale_has_finite_ascending_bounds(low: float, high: float) -> None:
    with pytest.raises(ProblemDefinitionError, match="scale odd"):
        OutcomeScale(name="odd", low=low, high=high)


def test_width_is_the_length_of_the_scale() -> None:
    assert OutcomeScale(name="map", low=-2.0, high=3.0, whole=False).width == 5.0
    assert GRADE.width == 10
