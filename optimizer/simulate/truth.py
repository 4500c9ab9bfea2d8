"""What is true of a synthetic patient. For the arena and for checking; a policy never gets near it.

A patient does not lead here: the truth is built from a scenario and a seed, and nothing that a policy is given refers
to either.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from optimizer.errors import DataError
from optimizer.problem import Problem
from optimizer.simulate.encounter import Programmed, values_of
from optimizer.simulate.streams import Array
from optimizer.simulate.therapy import TreatedBody
from optimizer.space.search_space import Indices
from optimizer.space.settings import Settings
from optimizer.trial import Posture


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Truth:
    """One patient as nobody sees it."""

    problem: Problem
    postures: tuple[Posture, ...]
    """Settings must be tolerable in each; relief counts as their mean."""
    kinds: tuple[str, ...]
    judged_on_day: float = 0.0
    """Day that counts where none is named."""
    _body: TreatedBody = field(repr=False)

    def relief_nrs(self, indices: Indices, day: float | None = None) -> Array:
        """Return the expected relief that depends on the settings, ``(c,)``, in points against no stimulation."""
        off = self._body.expected_pain_nrs(np.zeros((1, 1)), self._day(day))
        return np.asarray(off[0] - self.pain_nrs(indices, day))

    def pain_nrs(self, indices: Indices, day: float | None = None) -> Array:
        """Return the expected pain, ``(c,)``, washed in, without noise, rhythm or flare."""
        stimulus, on_day = self._body.stimulus(indices), self._day(day)
        shares = [self._body.specific_share(stimulus, posture, on_day) for posture in self.postures]
        return np.asarray(self._body.expected_pain_nrs(np.mean(shares, axis=0), on_day)[0])

    def grade(self, indices: Indices, day: float | None = None) -> Array:
        """Return the expected grade of the worst kind in the worst posture, ``(c,)``."""
        return self._grade(self._body.stimulus(indices), self._day(day))

    def relief_of(self, settings: Settings, day: float | None = None) -> float:
        """Return the expected setting-dependent relief at one setting."""
        return float(self.relief_nrs(_row(settings), day)[0])

    def grade_of(self, settings: Programmed, day: float | None = None) -> float:
        """Return the expected grade at one setting, on the grid or off it."""
        return float(self._grade(self._body.stimulus_of(values_of(settings)), self._day(day))[0])

    def perception_of(self, settings: Settings, day: float | None = None) -> float:
        """Return the perception threshold at one setting in mA, in the posture where it is lowest."""
        stimulus, on_day = self._body.stimulus(_row(settings)), self._day(day)
        return min(self._body.perception_ma(stimulus, p, on_day).item() for p in self.postures)

    def best(self, legal: Indices, day: float | None = None) -> Settings:
        """Return the settings of least expected pain that are tolerable in every posture.

        Args:
            legal: ``(c, d)`` every grid point inside limits and envelope, from the scenario.
            day: When.

        Returns:
            The best by exhaustion; the first in grid order among equals.

        Raises:
            DataError: If no legal setting is tolerable.
        """
        limit = np.inf if self.problem.tolerability is None else self.problem.tolerability.limit_grade
        pain = np.where(self.grade(legal, day) <= limit, self.pain_nrs(legal, day), np.inf)
        index = int(np.argmin(pain))
        if not np.isfinite(pain[index]):
            raise DataError("scenario", "has no tolerable settings for this patient")
        return self.problem.space.at(legal[index])

    def _day(self, day: float | None) -> float:
        return self.judged_on_day if day is None else day

    def _grade(self, stimulus: Any, day: float) -> Array:
        grades = [
            self._body.expected_grade(stimulus, posture, kind, day)[0]
            for posture in self.postures
            for kind in self.kinds
        ]
        return np.asarray(np.max(grades, axis=0))


def _row(settings: Settings) -> Indices:
    return np.array([settings.indices], dtype=np.int64)
