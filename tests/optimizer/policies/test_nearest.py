"""A wish goes as far as it may, and no further."""

import numpy as np
from numpy.typing import NDArray

from optimizer.policies.nearest import nearest
from optimizer.problem import stimulation_problem
from optimizer.space.device import load_device
from optimizer.space.search_space import Indices

PROBLEM = stimulation_problem(load_device("scs-tonic"), envelope={"amplitude_ma": (0.0, 12.0)})
HERE = {"amplitude_ma": 4.0, "pulse_width_us": 300.0, "frequency_hz": 50.0, "configuration": "level-3"}
ORIGIN = PROBLEM.space.settings(HERE)
WISH = PROBLEM.space.settings({**HERE, "amplitude_ma": 8.0, "configuration": "level-6"})


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_a_wish_that_may_be_named_is_granted() -> None:
    assert nearest(PROBLEM, WISH, ORIGIN, PROBLEM.allowed, rng()) == WISH


def test_the_category_wished_for_is_kept_and_the_current_held_back() -> None:
    def weak(indices: Indices) -> NDArray[np.bool_]:
        return PROBLEM.allowed(indices) & (PROBLEM.space.column("amplitude_ma", indices) <= 5.0)

    found = nearest(PROBLEM, WISH, ORIGIN, weak, rng())
    assert found is not None
    assert found.as_dict() == {**HERE, "amplitude_ma": 5.0, "configuration": "level-6"}


def test_a_place_off_the_way_is_found_by_drawing() -> None:
    axis = PROBLEM.space.names.index("pulse_width_us")

    def elsewhere(indices: Indices) -> NDArray[np.bool_]:
        return PROBLEM.allowed(indices) & (indices[:, axis] < ORIGIN.indices[axis])

    for origin in (ORIGIN, None):
        found = nearest(PROBLEM, WISH, origin, elsewhere, rng())
        assert found is not None
        assert found.indices[axis] < ORIGIN.indices[axis]


def test_where_nothing_may_be_named_nothing_is_found() -> None:
    def nothing(indices: Indices) -> NDArray[np.bool_]:
        return np.zeros(len(indices), dtype=np.bool_)

    assert nearest(PROBLEM, WISH, ORIGIN, nothing, rng()) is None
