"""The settings nearest to a wish among those that may be named."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from optimizer.policies.random_safe import drawn
from optimizer.problem import Problem
from optimizer.space.encoding import unit_rows
from optimizer.space.search_space import Indices
from optimizer.space.settings import Settings

N_ON_LINE = 256
"""Points from one end of the line to the other; no grid of a device file is longer."""
N_BETWEEN = 2_048
"""Random points of the box between the two ends."""


def nearest(
    problem: Problem,
    wish: Settings,
    origin: Settings | None,
    may_be_named: Callable[[Indices], NDArray[np.bool_]],
    rng: np.random.Generator,
) -> Settings | None:
    """Project a wish onto what may be named.

    Args:
        problem: The course's problem.
        wish: The settings wanted.
        origin: The settings in force; None where they are off the grid.
        may_be_named: ``(c, d)`` grid indices -> which may be named, ``(c,)``.
        rng: For the points off the line.

    Returns:
        The wish itself where it may be named; else the nearest point found, in the unit cube, on the line from the
        origin and in the box between the two; else a random one; None where nothing is found.
    """
    end = np.array([wish.indices], dtype=np.int64)
    if may_be_named(end)[0]:
        return wish
    if origin is not None:
        between = _between(problem, np.array(origin.indices), end[0], rng)
        named = between[may_be_named(between)]
        if len(named):
            apart = np.linalg.norm(unit_rows(problem.space, named) - unit_rows(problem.space, end), axis=1)
            return problem.space.at(named[int(apart.argmin())])
    return drawn(problem, may_be_named, rng)


def _between(
    problem: Problem, origin: NDArray[np.int64], wish: NDArray[np.int64], rng: np.random.Generator
) -> Indices:
    """Return the points between two ends, ``(c, d)``; a category is that of the one or of the other end."""
    is_category = np.array([parameter.is_categorical for parameter in problem.space.parameters])
    along = np.linspace(0.0, 1.0, N_ON_LINE)[:, None].repeat(len(wish), axis=1)
    inside = rng.random((N_BETWEEN, len(wish)))
    inside[rng.random(inside.shape) < 0.5] = 1.0  # half of the parameters as wished
    share = np.concatenate([along, along, inside])
    at_wish = np.zeros((len(share), len(wish)), dtype=np.bool_)
    at_wish[N_ON_LINE : 2 * N_ON_LINE] = True
    at_wish[2 * N_ON_LINE :] = rng.random(inside.shape) < 0.5
    share = np.where(is_category, at_wish, share)
    return np.unique(np.rint(origin + share * (wish - origin)).astype(np.int64), axis=0)
