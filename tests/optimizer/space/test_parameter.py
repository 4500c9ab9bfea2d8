"""Device grids: uniform, piecewise, irregular, categorical."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.errors import OffGridError, ParameterDefinitionError
from optimizer.space.parameter import Parameter, Scale, categorical, listed, piecewise, uniform
from tests.strategies.problems import amplitudes

NAN = float("nan")


def test_uniform_steps_are_exact_decimals() -> None:
    levels = uniform("amplitude_ma", "mA", 0.0, 25.5, 0.1).levels
    assert len(levels) == 256
    assert levels[3] == 0.3
    assert levels[-1] == 25.5


def test_piecewise_steps_change_along_the_range_and_share_their_ends() -> None:
    levels = piecewise("amplitude_ma", "mA", [(0.0, 2.0, 0.5), (2.0, 3.0, 0.25)]).levels
    assert levels == (0.0, 0.5, 1.0, 1.5, 2.0, 2.25, 2.5, 2.75, 3.0)


def test_irregular_lists_keep_their_values() -> None:
    assert listed("pulse_width_us", "us", [130, 250, 500]).levels == (130.0, 250.0, 500.0)


@pytest.mark.parametrize(
    "segments",
    [
        [(0.0, 1.0, 0.3)],
        [(1.0, 0.0, 0.1)],
        [(0.0, 1.0, 0.0)],
        [(0.0, 1.0, -0.1)],
        [(0.0, NAN, 0.1)],
        [(0.0, float("inf"), 0.1)],
    ],
)
def test_a_segment_that_cannot_be_is_refused(segments: list[tuple[float, float, float]]) -> None:
    with pytest.raises(ParameterDefinitionError, match="amplitude_ma"):
        piecewise("amplitude_ma", "mA", segments)


@pytest.mark.parametrize(
    ("levels", "scale"),
    [
        ((), Scale.LINEAR),
        ((1.0, 1.0), Scale.LINEAR),
        ((2.0, 1.0), Scale.LINEAR),
        ((NAN,), Scale.LINEAR),
        ((0.0, 1.0), Scale.LOG),
        ((1.0, "two"), Scale.LINEAR),
        ((1.0, 2.0), Scale.CATEGORICAL),
    ],
)
def test_levels_that_cannot_be_are_refused(levels: tuple[float | str, ...], scale: Scale) -> None:
    with pytest.raises(ParameterDefinitionError):
        Parameter(name="x", unit="1", levels=levels, scale=scale)


@given(parameter=amplitudes(), data=st.data())
def test_every_level_is_found_at_its_index_and_nothing_between(
    parameter: Parameter, data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, parameter.size - 1))
    level = parameter.numbers[index]
    assert parameter.find(level) == index
    assert parameter.find(level + 1e-9) == index
    assert parameter.find(level + 0.01) is None
    assert parameter.nearest(level + 0.01) == index


@pytest.mark.parametrize("value", [NAN, float("inf"), None, True, 0.55, -0.5, 99.0])
def test_what_is_not_on_the_grid_is_refused_and_not_echoed(value: object) -> None:
    parameter = uniform("amplitude_ma", "mA", 0.0, 10.0, 0.5)
    assert parameter.find(value) is None
    with pytest.raises(OffGridError) as refused:
        parameter.index_of(value)
    assert str(refused.value) == (
        "amplitude_ma: is not on the device grid (limit: 0 to 10 mA in steps of 0.5). Choose a grid point."
    )


def test_a_number_sent_as_text_is_said_to_be_text() -> None:
    with pytest.raises(OffGridError, match="amplitude_ma: is text, not a number") as refused:
        uniform("amplitude_ma", "mA", 0.0, 10.0, 0.5).index_of("0.5")
    assert "0 to 10 mA" in str(refused.value)


def test_the_nearest_level_is_the_lower_one_on_a_tie() -> None:
    assert uniform("x", "1", 0.0, 2.0, 1.0).nearest(0.5) == 0


def test_categories_have_names_and_no_numbers() -> None:
    parameter = categorical("configuration", ["a", "b"])
    assert parameter.find("b") == 1
    assert parameter.find("c") is None
    assert parameter.find(1) is None
    with pytest.raises(ParameterDefinitionError):
        _ = parameter.numbers


@pytest.mark.parametrize(
    ("parameter", "words"),
    [
        (uniform("x", "mA", 0.0, 1.0, 0.5), "0 to 1 mA in steps of 0.5"),
        (listed("x", "us", [130.0, 250.0, 500.0]), "one of 130, 250, 500 us"),
        (piecewise("x", "1", [(0.0, 10.0, 1.0), (10.0, 50.0, 5.0)]), "0 to 50 in steps of 1 to 5"),
        (categorical("x", ["a", "b"]), "one of a, b"),
    ],
)
def test_a_grid_can_be_said_in_words(parameter: Parameter, words: str) -> None:
    assert parameter.describe() == words
