"""A threshold lies between the rung of a ramp that met it and the strongest weaker one."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from optimizer.models.thresholds import UNBOUNDED, Bracket, brackets, thresholds_of
from optimizer.trial import Rung, RungOutcome

TOLERATED, PERCEPTION, DISCOMFORT = RungOutcome
RAMP = ((3.0, TOLERATED), (3.5, PERCEPTION), (4.5, TOLERATED), (5.0, DISCOMFORT))
SD = 0.1


def ramp(*rungs: tuple[float, RungOutcome]) -> tuple[Rung, ...]:
    return tuple(Rung(amplitude_ma=amplitude, outcome=outcome) for amplitude, outcome in rungs)


def test_a_threshold_lies_above_the_strongest_weaker_rung() -> None:
    perception, discomfort = brackets(ramp(*RAMP))
    assert perception == Bracket(felt=True, amplitude_ma=3.5, low=math.log(3.0 / 3.5), high=0.0)
    assert discomfort == Bracket(felt=False, amplitude_ma=5.0, low=math.log(4.5 / 5.0), high=0.0)


def test_discomfort_that_was_not_met_lies_above_all_rungs_also_where_the_last_was_the_first_felt() -> None:
    *_, discomfort = brackets(ramp(*RAMP[:2]))
    assert discomfort == Bracket(felt=False, amplitude_ma=3.5, low=0.0, high=UNBOUNDED)


def test_perception_that_was_not_named_says_nothing() -> None:
    assert [bracket.felt for bracket in brackets(ramp(*RAMP[:1]))] == [False]


def test_where_no_weaker_rung_is_on_record_a_threshold_has_an_upper_bound_alone() -> None:
    (discomfort,) = brackets(ramp((0.0, TOLERATED), (2.0, DISCOMFORT)))
    assert (discomfort.low, discomfort.high) == (-UNBOUNDED, 0.0)


def test_rungs_that_differ_by_rounding_alone_are_one() -> None:
    (discomfort,) = brackets(ramp((4.0, TOLERATED), (4.999999999999999, TOLERATED), (5.0, DISCOMFORT)))
    assert discomfort.low == math.log(4.0 / 5.0)


def test_a_ramp_that_contradicts_itself_is_read_from_below() -> None:
    (discomfort,) = brackets(ramp((2.0, TOLERATED), (4.0, DISCOMFORT), (3.0, DISCOMFORT), (5.0, TOLERATED)))
    assert discomfort == Bracket(felt=False, amplitude_ma=3.0, low=math.log(2.0 / 3.0), high=0.0)


def test_a_ramp_of_no_current_says_nothing() -> None:
    assert list(brackets(ramp((0.0, PERCEPTION)))) == []
    assert list(brackets(())) == []


@given(
    st.lists(st.floats(0.1, 25.0), min_size=1, max_size=20, unique_by=lambda ma: round(ma, 3)),
    st.floats(-3.0, 3.0),
)
def test_the_probabilities_of_all_rungs_that_may_meet_it_and_of_none_add_up_to_one(
    amplitudes: list[float], log_threshold: float
) -> None:
    amplitudes.sort()
    found = [
        list(
            brackets(
                ramp(
                    *((ma, DISCOMFORT if k == at else TOLERATED) for k, ma in enumerate(amplitudes[: at + 1]))
                )
            )
        )
        for at in range(len(amplitudes) + 1)
    ]
    each = [bracket for (bracket,) in found]
    above = torch.tensor([[math.log(bracket.amplitude_ma) - log_threshold for bracket in each]]).double()
    met = thresholds_of(each, range(len(each)))
    assert float(met.log_probability(above, SD).exp().sum()) == pytest.approx(1.0)


@given(st.floats(-60.0, 60.0), st.floats(-5.0, -1e-4))
def test_far_from_what_is_expected_a_probability_and_its_gradient_stay_finite(
    above: float, low: float
) -> None:
    each = [
        Bracket(felt=False, amplitude_ma=1.0, low=low, high=0.0),
        Bracket(felt=False, amplitude_ma=1.0, low=-UNBOUNDED, high=0.0),
        Bracket(felt=False, amplitude_ma=1.0, low=0.0, high=UNBOUNDED),
    ]
    at = torch.full((1, 3), above, dtype=torch.float64, requires_grad=True)
    found = thresholds_of(each, (0, 1, 2)).log_probability(at, SD)
    found.sum().backward()  # type: ignore[no-untyped-call]
    assert at.grad is not None
    assert bool(torch.isfinite(found).all())
    assert bool(torch.isfinite(at.grad).all())


def test_rungs_far_apart_do_not_place_a_threshold_higher_than_rungs_close_together() -> None:
    # the truth is 4.2 mA; every ladder steps over it, at 4.3 or at 5.0
    grid = torch.linspace(math.log(3.0), math.log(7.0), 801, dtype=torch.float64)[:, None]

    def expected(*amplitudes: float) -> float:
        rungs = ramp(*((ma, DISCOMFORT if ma > 4.2 else TOLERATED) for ma in amplitudes))
        (bracket,) = brackets(rungs)
        above = math.log(bracket.amplitude_ma) - grid
        weight = torch.softmax(thresholds_of([bracket], [0]).log_probability(above, SD)[:, 0], dim=0)
        return float((weight * grid[:, 0]).sum().exp())

    assert expected(4.1, 4.3) == pytest.approx(4.2, abs=0.05)
    assert expected(3.6, 5.0) == pytest.approx(4.2, abs=0.05)
