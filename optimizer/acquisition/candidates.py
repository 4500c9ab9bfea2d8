"""The settings that may be proposed now, and for whose sake: their own, or that of settings they are a step towards."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from optimizer.acquisition import search
from optimizer.acquisition.improvement import expected_improvement
from optimizer.ask import Ask
from optimizer.history import History
from optimizer.models.dataset import Points, points_of
from optimizer.models.surrogate import Surrogate
from optimizer.problem import PostureUse, Problem
from optimizer.safety.limits import Gate
from optimizer.safety.safe_set import safe
from optimizer.space.search_space import Indices

PATIENCE = 0.5
"""Value of an aim per titration step it is still away: each is a visit spent on settings that are not yet good [A]."""
SCAN = slice(None, None, 16)
"""The draws that rank candidates."""
JUDGES = slice(None, None, 2)
"""The draws that judge the best of them."""
SHORTLIST = 64
"""Candidates that are judged."""
REFINED = 8
"""Candidates whose grid neighbours are looked at."""
AIMS = 120
"""Settings further on towards which a first step is looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """Settings that may be proposed."""

    points: Indices
    """``(c, d)``"""
    aims: Indices
    """``(c, d)``: the point itself, or settings out of reach it is a step towards."""
    steps: NDArray[np.int64]
    """``(c,)`` titration steps from the point to its aim."""
    worth: Tensor
    """``(c,)`` expected gain at the aim, less what of it would not be tolerated."""

    def __len__(self) -> int:
        """Return the number of candidates."""
        return len(self.points)

    @property
    def scores(self) -> Tensor:
        """Worth of the aims less what it costs to get there, ``(c,)``."""
        return self.worth * PATIENCE ** torch.tensor(self.steps, dtype=torch.float64)

    def best(self, most: int) -> "Candidates":
        """Return those of the highest scores, best first; equal up to the last bits, in the order they have."""
        order = self.scores.round(decimals=9).argsort(descending=True, stable=True)[:most].numpy()
        return self.take(order)

    def take(self, index: NDArray[np.int64] | NDArray[np.bool_]) -> "Candidates":
        """Return some of them."""
        return Candidates(
            points=self.points[index],
            aims=self.aims[index],
            steps=self.steps[index],
            worth=self.worth[torch.from_numpy(index)],
        )

    def joined(self, other: "Candidates") -> "Candidates":
        """Return these followed by others."""
        return Candidates(
            points=np.concatenate([self.points, other.points]),
            aims=np.concatenate([self.aims, other.aims]),
            steps=np.concatenate([self.steps, other.steps]),
            worth=torch.cat([self.worth, other.worth]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """One search on the legal grid: what is known, what may be proposed, and what it is measured against."""

    surrogate: Surrogate
    history: History
    best: Points
    """One point: the best that may be kept as things stand; where nothing may be, the best known."""
    rng: np.random.Generator
    gate: Gate

    @property
    def problem(self) -> Problem:
        """What may be programmed."""
        return self.gate.problem

    @property
    def ask(self) -> Ask:
        """The question."""
        return self.gate.ask

    def aims(self) -> Candidates:
        """Return settings further on that promise most, whether a first step towards them may be taken or not."""
        everything = search.listed(self.problem)
        if everything is not None:
            # without stimulation nothing is out of reach
            beyond = everything if self.problem.has_stimulation else everything[:0]
            return self._for_themselves(beyond[self.gate.keeps(beyond)]).best(AIMS)
        far = search.far(self.problem, self.rng)
        aims = about_tolerable(self.problem, self.surrogate, far, self.problem.postures, self.rng)
        return self._for_themselves(aims[self.gate.keeps(aims)]).best(AIMS)

    def candidates(self, aims: Candidates) -> Candidates:
        """Return what may be proposed: all of a small space, else near what is known; and first steps towards aims.

        Where nothing of that is held tolerable, the strongest weaker current that is: a hold would leave more on.
        """
        everything, ways = search.listed(self.problem), self._ways(aims)
        if everything is None:
            found = self._near().joined(ways)
        else:
            # what is in reach is among them already
            found = self._for_themselves(self._screened(everything)).joined(ways.take(ways.steps > 0))
        return found if len(found) else self._for_themselves(self._weaker())

    def shortlist(self, aims: Candidates) -> Candidates:
        """Return the most promising candidates: found with a few draws, judged by many."""
        found = self.candidates(aims).best(SHORTLIST)
        return replace(found, worth=self._worth(self.surrogate.draws(JUDGES), found.aims))

    def _for_themselves(self, points: Indices) -> Candidates:
        """Return points that are their own aim."""
        worth = self._worth(self.surrogate.draws(SCAN), points)
        return Candidates(
            points=points, aims=points, steps=np.zeros(len(points), dtype=np.int64), worth=worth
        )

    def _worth(self, surrogate: Surrogate, aims: Indices) -> Tensor:
        points = points_of(self.problem, aims)
        tolerated = 1.0 - surrogate.p_intolerable(points, self.problem.postures)
        return expected_improvement(self.problem, surrogate, self.best, points) * tolerated

    def _near(self) -> Candidates:
        known = search.known(self.problem, self.history, self.ask)
        nearby = self._for_themselves(self._screened(search.near(self.problem, known, self.rng)))
        if not len(nearby):
            return nearby
        better = search.refined(self.problem, nearby.best(REFINED).points, self.rng)
        return nearby.joined(self._for_themselves(self._screened(better)))

    def _ways(self, aims: Candidates) -> Candidates:
        reached, steps = search.towards(self.gate, aims.points)
        possible = (steps >= 0) & search.close(self.problem, self.history, self.ask, reached)
        possible &= self._tolerable(reached)
        return replace(aims, points=reached, steps=steps).take(possible)

    def _weaker(self) -> Indices:
        weaker = search.weaker(self.problem, self.ask)
        weaker = weaker[self.gate.admits(weaker)]
        return weaker[self._tolerable(weaker)][:1]

    def _screened(self, points: Indices) -> Indices:
        points = points[self.gate.admits(points)]
        points = points[search.close(self.problem, self.history, self.ask, points)]
        return np.asarray(points[self._tolerable(points)])

    def _tolerable(self, points: Indices) -> NDArray[np.bool_]:
        held = safe(self.problem, self.surrogate, points_of(self.problem, points), now=self.ask.posture)
        return np.asarray(held.numpy())


def may_keep(
    surrogate: Surrogate, gate: Gate, points: Indices, uses: Sequence[PostureUse] | None = None
) -> NDArray[np.bool_]:
    """Return which settings one could live with: inside every limit, closure and bar, held tolerable, in reach or not.

    Args:
        surrogate: Conditioned on the history.
        gate: Of the ask.
        points: ``(c, d)`` settings.
        uses: What they would be used for; what the problem declares where left out.

    Returns:
        ``(c,)``
    """
    tolerable = safe(gate.problem, surrogate, points_of(gate.problem, points), uses)
    return np.asarray(gate.keeps(points) & tolerable.numpy())


def about_tolerable(
    problem: Problem,
    surrogate: Surrogate,
    points: Indices,
    uses: Sequence[PostureUse],
    rng: np.random.Generator,
) -> Indices:
    """Set points to currents the model holds more likely tolerable than not, in the most sensitive posture of their uses.

    What is still uncertain there is learned on the way: only the first step must be held tolerable today.
    """
    if surrogate.grades is None:
        return points
    limit = surrogate.grades.intensity.log_limit_current
    used = surrogate.used(points_of(problem, points), uses)
    level = torch.stack([limit(surrogate.values, there) for there in used]).amin(0)
    middle = (len(level) - 1) // 2
    typical = np.partition(level.numpy(), middle, axis=0)[middle] - rng.uniform(0.0, 0.35, size=len(points))
    return search.at_current(problem, points, np.exp(typical))
