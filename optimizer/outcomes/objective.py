"""Outcomes into utility. The only place a sign is flipped."""

import math
from dataclasses import dataclass

from optimizer.errors import ProblemDefinitionError
from optimizer.outcomes.scale import OutcomeScale


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """Utility in points of the outcome scale; larger is better.

    Raises:
        ProblemDefinitionError: If a weight is negative or not finite.
    """

    bother_weight: float = 0.1
    """Points of relief given up to avoid one grade of a tolerable side effect [A]."""
    near_tie_nrs: float = 0.3
    """Settings whose utility differs by less are ordered by energy and sensation."""

    def __post_init__(self) -> None:
        """Check the weights."""
        for name, weight in (("bother_weight", self.bother_weight), ("near_tie_nrs", self.near_tie_nrs)):
            if not (math.isfinite(weight) and weight >= 0):
                raise ProblemDefinitionError(f"objective.{name}", "is negative or not finite", limit=">= 0")

    def relief(self, outcome: float, scale: OutcomeScale) -> float:
        """Return an outcome as relief: larger is better, in points of the scale.

        Pain of 3 on 0 to 10 is a relief of -3: only differences matter, the reference is learned.
        """
        return outcome if scale.larger_is_better else -outcome

    def outcome(self, relief: float, scale: OutcomeScale) -> float:
        """Return relief as an outcome again; the inverse of :meth:`relief`."""
        return relief if scale.larger_is_better else -relief
