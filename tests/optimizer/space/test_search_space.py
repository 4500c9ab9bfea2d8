"""The product of grids: built by name, walked by neighbours, never listed."""

import time
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.errors import OffGridError, ParameterDefinitionError, UnknownParameterError
from optimizer.problem import Problem
from optimizer.space.configuration import CASE, Configuration, Contact
from optimizer.space.device import load_device
from optimizer.space.parameter import CONFIGURATION, categorical, listed, uniform
from optimizer.space.search_space import SearchSpace
from tests.strategies.problems import problems

SCS = load_device("scs-tonic").space
HERE = {"amplitude_ma": 5.0, "pulse_width_us": 300.0, "frequency_hz": 40.0, "configuration": "level-4"}
CONTACT = Contact(name="E1", position_mm=0.0, area_cm2=0.1)
ALONE = Configuration(name="alone", shares={"E1": -1.0, CASE: 1.0})


def test_the_raw_grid_is_counted() -> None:
    assert SCS.raw_size == 256 * 99 * 67 * 8
    assert load_device("vns-implanted").space.raw_size == 23 * 3 * 8 * 5 * 23


def test_more_than_ten_million_settings_cost_neither_time_nor_memory() -> None:
    assert SCS.raw_size > 10_000_000
    rng = np.random.default_rng(0)
    SCS.allowed(SCS.draw(rng, 10))
    tracemalloc.start()
    start = time.perf_counter()
    drawn = SCS.draw(rng, 2000)
    legal = SCS.allowed(drawn)
    SCS.neighbours(SCS.at(drawn[0]))
    SCS.find(HERE)
    taken_s = time.perf_counter() - start
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert 0 < legal.sum() < 2000
    assert taken_s < 0.5
    assert peak_bytes < 5_000_000  # one byte a setting would be thirteen million


@given(problem=problems(), seed=st.integers(0, 9))
def test_drawn_points_are_on_the_grid_and_found_again_by_value(problem: Problem, seed: int) -> None:
    space = problem.space
    for row in space.draw(np.random.default_rng(seed), 5):
        settings = space.at(row)
        assert space.settings(settings.as_dict()) == settings
        assert space.find(settings.as_dict()) == settings
        assert space.contains(settings) == space.allowed(np.array([row]))[0]


@given(problem=problems())
def test_a_neighbour_is_one_step_away_and_has_one_as_neighbour(problem: Problem) -> None:
    space = problem.space
    here = space.at(space.draw(np.random.default_rng(1), 1)[0])
    neighbours = space.neighbours(here)
    assert len(set(neighbours)) == len(neighbours)
    for there in neighbours:
        changed = [
            axis for axis, (a, b) in enumerate(zip(here.indices, there.indices, strict=True)) if a != b
        ]
        assert len(changed) == 1
        parameter = space.parameters[changed[0]]
        assert parameter.is_categorical or abs(here.indices[changed[0]] - there.indices[changed[0]]) == 1
        assert here in space.neighbours(there)


def test_a_value_for_every_parameter_and_no_other() -> None:
    with pytest.raises(UnknownParameterError, match="frequency_hz: has no value"):
        SCS.settings({name: value for name, value in HERE.items() if name != "frequency_hz"})
    with pytest.raises(UnknownParameterError, match="waveform"):
        SCS.settings({**HERE, "waveform": "burst"})
    with pytest.raises(OffGridError, match="amplitude_ma"):
        SCS.settings({**HERE, "amplitude_ma": 5.05})
    assert SCS.find({**HERE, "amplitude_ma": 5.05}) is None
    assert SCS.find({"amplitude_ma": 5.0}) is None


def test_settings_of_another_space_are_not_contained() -> None:
    assert SCS.contains(SCS.settings(HERE))
    other = SearchSpace(parameters=(uniform("amplitude_ma", "mA", 0.0, 10.0, 1.0),))
    assert not SCS.contains(other.settings({"amplitude_ma": 5.0}))


def test_what_a_space_has_no_parameter_for_or_a_record_lacks_is_unknown() -> None:
    columns = SCS.columns_of([{"amplitude_ma": 5.0}, {**HERE, "configuration": "elsewhere"}])
    assert np.isnan(columns.pulse_width_us[0])
    assert columns.pulse_width_us[1] == 300.0
    assert columns.configuration.tolist() == [-1, -1]
    assert np.isnan(columns.on_s).all()
    readings = SCS.readings({**HERE, "configuration": "elsewhere"})
    assert {r.quantity for r in readings if not r.met} >= {"contact_current_ma", "shannon_k"}


def test_columns_of_grid_points_and_of_their_values_agree() -> None:
    drawn = SCS.draw(np.random.default_rng(2), 50)
    by_index, by_value = SCS.columns(drawn), SCS.columns_of([SCS.at(row).as_dict() for row in drawn])
    for name in ("amplitude_ma", "pulse_width_us", "frequency_hz", "configuration"):
        assert np.array_equal(getattr(by_index, name), getattr(by_value, name))
    assert np.array_equal(SCS.column("frequency_hz", drawn), by_index.frequency_hz)


@pytest.mark.parametrize(
    ("fields", "match"),
    [
        ({"parameters": ()}, "empty"),
        ({"parameters": (listed("x", "1", [1.0]), listed("x", "1", [2.0]))}, "share a name"),
        (
            {
                "parameters": (categorical(CONFIGURATION, ["other"]),),
                "contacts": (CONTACT,),
                "configurations": (ALONE,),
            },
            "in their order",
        ),
        (
            {
                "parameters": (listed("x", "1", [1.0]),),
                "contacts": (CONTACT,),
                "configurations": (ALONE, Configuration(name="b", shares={"E1": -1.0, CASE: 1.0})),
            },
            "no parameter chooses",
        ),
        ({"parameters": (listed("x", "1", [1.0]),), "configurations": (ALONE,)}, "not there"),
    ],
)
def test_a_space_that_does_not_fit_together_is_refused(fields: dict[str, object], match: str) -> None:
    with pytest.raises(ParameterDefinitionError, match=match):
        SearchSpace(**fields)  # type: ignore[arg-type]
