"""Rows of the unit cube, for surrogates that know nothing of stimulation."""

import numpy as np
from hypothesis import given

from optimizer.problem import Problem
from optimizer.space.encoding import unit_rows
from optimizer.space.parameter import Scale, categorical, listed
from optimizer.space.search_space import SearchSpace
from tests.strategies.problems import problems


def test_numbers_run_from_zero_to_one_on_their_scale() -> None:
    space = SearchSpace(
        parameters=(
            listed("linear", "1", [0.0, 1.0, 4.0]),
            listed("log", "1", [1.0, 10.0, 100.0], scale=Scale.LOG),
            listed("single", "1", [7.0]),
        )
    )
    rows = unit_rows(space, np.array([[0, 0, 0], [1, 1, 0], [2, 2, 0]]))
    assert np.allclose(rows, [[0, 0, 0], [0.25, 0.5, 0], [1, 1, 0]])


def test_categories_are_as_far_apart_each_from_each() -> None:
    space = SearchSpace(parameters=(categorical("pattern", ["a", "b", "c"]),))
    rows = unit_rows(space, np.array([[0], [1], [2]]))
    distances = {round(float(np.linalg.norm(rows[i] - rows[j])), 9) for i in range(3) for j in range(i)}
    assert rows.shape == (3, 3)
    assert distances == {round(2**0.5, 9)}


@given(problem=problems())
def test_rows_stay_in_the_unit_cube_and_tell_points_apart(problem: Problem) -> None:
    drawn = np.unique(problem.space.draw(np.random.default_rng(0), 30), axis=0)
    rows = unit_rows(problem.space, drawn)
    assert rows.min() >= 0.0
    assert rows.max() <= 1.0
    assert len(np.unique(rows, axis=0)) == len(drawn)
