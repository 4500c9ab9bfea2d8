"""The last gate: no model, no override. Every proposal passes it, whoever made it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimizer.ask import Ask
from optimizer.history import History
from optimizer.problem import Problem
from optimizer.safety import closure, strength, titration, tolerance
from optimizer.safety.closure import Closure
from optimizer.safety.titration import Anchors
from optimizer.space.search_space import Indices


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What one ask may be answered with; what the history tolerated and closed is gathered once for all its candidates."""

    problem: Problem
    ask: Ask
    anchors: Anchors
    closed: tuple[Closure, ...]

    def admits(self, indices: Indices) -> NDArray[np.bool_]:
        """Return which grid points may be proposed before any model is asked, ``(c,)``; see :func:`admissible`."""
        mask = self.opens(indices)
        mask &= titration.within_reach(self.problem, self.anchors, self.ask, indices)
        for point in self.ask.exclude:
            mask &= (indices != np.array(point, dtype=np.int64)).any(axis=1)
        return mask

    def opens(self, indices: Indices) -> NDArray[np.bool_]:
        """Return which grid points no limit, lock or closure shuts out, in reach or not, ``(c,)``."""
        mask = self.problem.allowed(indices) & unlocked(self.problem, self.ask, indices)
        return np.asarray(mask & closure.open_to(self.problem, self.closed, indices))

    def keeps(self, indices: Indices) -> NDArray[np.bool_]:
        """Return which grid points one may live with or aim at, in reach or not, ``(c,)``.

        Open, and weaker than everything not tolerated in their configuration: what may not be tried again is not to be
        kept either, until it is tolerated after all or a clinician releases it.
        """
        candidates = strength.of_grid_points(self.problem, indices)
        return self.opens(indices) & tolerance.below(self.anchors.bars, candidates)


def gate_of(problem: Problem, history: History, ask: Ask) -> Gate:
    """Return the gate of an ask; arguments as of :func:`admissible`."""
    return Gate(
        problem=problem,
        ask=ask,
        anchors=titration.anchors(problem, history, ask),
        closed=closure.closures(problem, history),
    )


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
    return gate_of(problem, history, ask).admits(indices)


def unlocked(problem: Problem, ask: Ask, indices: Indices) -> NDArray[np.bool_]:
    """Return which grid points leave every locked parameter as in force, ``(c,)``."""
    mask = np.ones(len(indices), dtype=np.bool_)
    for name in ask.locked:
        parameter = problem.space.parameter(name)
        current = parameter.find(ask.in_force.values.get(name))
        mask &= indices[:, problem.space.names.index(name)] == (-1 if current is None else current)
    return mask
