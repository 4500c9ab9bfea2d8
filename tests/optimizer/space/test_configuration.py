"""Signed shares of current, and where they act."""

import pytest

from optimizer.errors import ParameterDefinitionError
from optimizer.space.configuration import CASE, Configuration, Contact, place_of

CONTACTS = (
    Contact(name="E1", position_mm=0.0, area_cm2=0.1),
    Contact(name="E2", position_mm=8.0, area_cm2=0.1, lateral_mm=3.0),
    Contact(name="E3", position_mm=16.0, area_cm2=0.1),
)


@pytest.mark.parametrize(
    "shares",
    [
        {"E1": -1.0, CASE: 1.0},
        {"E1": -0.25, "E2": -0.75, "E3": 1.0},
        {"E1": -1.0, "E2": 0.5, "E3": 0.5},
    ],
)
def test_as_much_current_returns_as_leaves(shares: dict[str, float]) -> None:
    configuration = Configuration(name="c", shares=shares)
    assert sum(configuration.cathodes.values()) == pytest.approx(1.0)


@pytest.mark.parametrize(
    "shares",
    [
        {"E1": -1.0},
        {"E1": -0.5, CASE: 1.0},
        {"E1": -1.0, CASE: 0.5},
        {"E1": -1.0, "E2": 0.5},
        {"E1": 1.0, CASE: -0.5},
        {"E1": float("nan"), CASE: 1.0},
        {},
    ],
)
def test_shares_that_do_not_balance_are_refused(shares: dict[str, float]) -> None:
    with pytest.raises(ParameterDefinitionError, match="whole current"):
        Configuration(name="c", shares=shares)


def test_the_place_is_the_centroid_of_the_cathodes_and_their_spread() -> None:
    place = place_of(Configuration(name="c", shares={"E1": -0.5, "E2": -0.5, "E3": 1.0}), CONTACTS)
    assert (place.position_mm, place.lateral_mm, place.spread_mm) == (4.0, 1.5, 4.0)
    there = place_of(Configuration(name="d", shares={"E3": -1.0, CASE: 1.0}), CONTACTS)
    assert place.distance_mm(there) == pytest.approx((12.0**2 + 1.5**2) ** 0.5)
    assert there.spread_mm == 0.0


def test_a_cathode_that_is_only_the_housing_has_no_place() -> None:
    with pytest.raises(ParameterDefinitionError, match="no cathode"):
        place_of(Configuration(name="c", shares={CASE: -1.0, "E1": 1.0}), CONTACTS)


@pytest.mark.parametrize("area_cm2", [0.0, -0.1, float("nan"), float("inf")])
def test_an_area_is_positive_or_unknown(area_cm2: float) -> None:
    with pytest.raises(ParameterDefinitionError, match="area_cm2"):
        Contact(name="E1", position_mm=0.0, area_cm2=area_cm2)
    assert Contact(name="E1", position_mm=0.0).area_cm2 is None


def test_the_name_of_the_housing_is_reserved() -> None:
    with pytest.raises(ParameterDefinitionError, match="reserved"):
        Contact(name=CASE, position_mm=0.0)
