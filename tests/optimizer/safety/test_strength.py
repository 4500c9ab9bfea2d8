"""Strength compared without a model."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.safety import strength
from optimizer.space.parameter import uniform
from optimizer.space.pulse import width_factor
from optimizer.space.search_space import SearchSpace
from tests.strategies.scs import HERE, PROBLEM

WIDTHS = st.sampled_from([20.0 + 10 * k for k in range(99)])


@given(width_us=WIDTHS, other_us=WIDTHS, chronaxie_us=st.floats(150.0, 450.0))
def test_up_to_that_current_a_setting_is_no_stronger_at_any_chronaxie(
    width_us: float, other_us: float, chronaxie_us: float
) -> None:
    point = strength.of_point(PROBLEM, {**HERE, "pulse_width_us": width_us})
    others = strength.of_points(PROBLEM, [{**HERE, "pulse_width_us": other_us}])
    limit_ma = strength.as_strong_ma(5.0, point, others)[0]
    intensity = limit_ma / width_factor(other_us, chronaxie_us)
    assert intensity <= 5.0 / width_factor(width_us, chronaxie_us) * (1 + 1e-12)


def test_grid_points_and_their_values_are_the_same_stimuli() -> None:
    drawn = PROBLEM.space.draw(np.random.default_rng(0), 40)
    by_index = strength.of_grid_points(PROBLEM, drawn)
    by_value = strength.of_points(PROBLEM, [PROBLEM.space.at(row).as_dict() for row in drawn])
    for name in (
        "amplitude_ma",
        "pulse_width_us",
        "threshold_low",
        "threshold_high",
        "rate_factor",
        "configuration",
    ):
        assert np.array_equal(getattr(by_index, name), getattr(by_value, name)), name
    assert len(by_index) == 40
    assert by_index.known.all()


@pytest.mark.parametrize(
    "values",
    [
        {"amplitude_ma": -0.1},
        {"amplitude_ma": float("nan")},
        {"amplitude_ma": float("inf")},
        {"pulse_width_us": 0.0},
        {"pulse_width_us": float("inf")},
        {"frequency_hz": -1.0},
        {"frequency_hz": 0.0},
        {"frequency_hz": float("inf")},
        {"frequency_hz": float("nan")},
    ],
)
@pytest.mark.parametrize("rate_corner_hz", [PROBLEM.excitability.rate_corner_hz, None])
def test_what_cannot_be_has_no_known_strength_and_is_not_as_strong_as_anything(
    rate_corner_hz: float | None, values: dict[str, float]
) -> None:
    excitability = replace(PROBLEM.excitability, rate_corner_hz=rate_corner_hz)
    problem = replace(PROBLEM, excitability=excitability)
    odd = strength.of_point(problem, {**HERE, **values})
    known = strength.of_point(problem, HERE)
    assert not odd.known
    assert all(np.isnan(getattr(odd, name)) for name in values), "what cannot be is as good as not known"
    assert not strength.surely_as_strong(odd, known)
    assert not strength.surely_as_strong(known, odd)
    assert strength.surely_as_strong(known, known)


@pytest.mark.parametrize("small", [{"amplitude_ma": 0.0}, {"pulse_width_us": 0.5}, {"frequency_hz": 0.5}])
def test_what_is_small_is_known(small: dict[str, float]) -> None:
    assert strength.of_point(PROBLEM, {**HERE, **small}).known


def test_a_narrower_pulse_is_as_strong_only_where_it_is_so_at_the_worst_chronaxie() -> None:
    # Weiss: 150 us need 1.33 times the current of 300 us at a chronaxie of 150 us, and 1.6 times at 450 us
    wide = strength.of_point(PROBLEM, {**HERE, "amplitude_ma": 5.0, "pulse_width_us": 300.0})
    enough = strength.of_point(PROBLEM, {**HERE, "amplitude_ma": 8.1, "pulse_width_us": 150.0})
    short = strength.of_point(PROBLEM, {**HERE, "amplitude_ma": 7.9, "pulse_width_us": 150.0})
    assert strength.surely_as_strong(enough, wide)
    assert not strength.surely_as_strong(short, wide)


def test_the_last_bits_of_a_number_make_nothing_weaker() -> None:
    a_hair_less = strength.of_point(PROBLEM, {**HERE, "amplitude_ma": 5.0 * (1.0 - 5e-10)})
    less = strength.of_point(PROBLEM, {**HERE, "amplitude_ma": 5.0 * (1.0 - 1e-6)})
    here = strength.of_point(PROBLEM, HERE)
    assert strength.surely_as_strong(a_hair_less, here)
    assert not strength.surely_as_strong(less, here)


def test_a_higher_rate_makes_nothing_surely_stronger() -> None:
    slow = strength.of_point(PROBLEM, HERE)
    faster = strength.of_point(PROBLEM, {**HERE, "amplitude_ma": 4.9, "frequency_hz": 650.0})
    assert not strength.surely_as_strong(faster, slow)
    assert not strength.surely_as_strong(slow, faster), "nor the lower one as strong as the higher"


def test_a_word_for_a_number_is_unknown() -> None:
    assert not strength.of_point(PROBLEM, {**HERE, "amplitude_ma": "five"}).known


def test_a_parameter_the_device_has_not_plays_no_part() -> None:
    space = SearchSpace(parameters=(uniform("amplitude_ma", "mA", 0.0, 10.0, 0.5),))
    plain = replace(PROBLEM, space=space, envelope=type(PROBLEM.envelope)())
    points = strength.of_points(plain, [{"amplitude_ma": 4.0}, {"amplitude_ma": 2.0}])
    assert points.known.all()
    assert points.configuration.tolist() == [0, 0]
    drawn = strength.of_grid_points(plain, np.array([[8], [4]]))
    assert (drawn.configuration.tolist(), drawn.amplitude_ma.tolist()) == ([0, 0], [4.0, 2.0])
    assert drawn.known.all()
    assert strength.as_strong_ma(4.0, points[0], points).tolist() == [4.0, 4.0]
    assert strength.surely_as_strong(points[0], points[1])
    assert not strength.surely_as_strong(points[1], points[0])
