"""The last gate: no model, no override. Every proposal passes it, whoever made it."""

import numpy as np
from numpy.typing import NDArray

from optimizer.ask import Ask
from optimizer.history import History
from optimizer.problem import Problem
from optimizer.safety import closure, titration
from optimizer.space.search_space import Indices


def admissible(problem: Problem, history: History, ask: Ask, indices: Indices) -> NDArray[np.bool_]:
    """Return which grid points may be proposed before any model is asked.

    Args:
        problem: Space, limits, envelope, titration rule.
        history: As of the ask.
        ask: Settings in force, place, locked parameters.
        indices: ``(c, d)`` grid indices.

    Returns:
        ``(c,)``: True inside hard limits and envelope, within the titration rule, outside every closure, with locked
        parameters as in force, and not excluded.
    """
    mask = problem.allowed(indices)
    mask &= unlocked(problem, ask, indices)
    mask &= titration.within_reach(problem, titration.anchors(problem, history, ask), ask, indices)
    mask &= closure.open_to(problem, closure.closures(problem, history), indices)
    for point in ask.exclude:
        mask &= (indices != np.array(point, dtype=np.int64)).any(axis=1)
    return mask


def unlocked(problem: Problem, ask: Ask, indices: Indices) -> NDArray[np.bool_]:
    """Return which grid points leave every locked parameter as in force, ``(c,)``."""
    mask = np.ones(len(indices), dtype=np.bool_)
    for name in ask.locked:
        parameter = problem.space.parameter(name)
        current = parameter.find(ask.in_force.values.get(name))
        mask &= indices[:, problem.space.names.index(name)] == (-1 if current is None else current)
    return mask
