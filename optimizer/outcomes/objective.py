"""Outcomes into utility. The only place a sign is flipped."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from msgspec import UNSET, UnsetType

from optimizer.errors import ProblemDefinitionError
from optimizer.outcomes.scale import OutcomeScale


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """Utility of outcomes; larger is better. Points are those of a scale of 0 to 10, whatever the outcome's.

    Raises:
        ProblemDefinitionError: If a weight is negative or not finite, or no pain site counts.
    """

    bother_weight: float = 0.1
    """Points of relief given up to avoid one grade of a tolerable side effect [A]."""
    near_tie_nrs: float = 0.3
    """Settings whose utility differs by less are ordered by the charge they deliver; without stimulation there is none."""
    sites: dict[str, float] | UnsetType = UNSET
    """Pain site -> weight, where several are rated on the problem's scale. Unset, and absent from documents, for one outcome."""

    def __post_init__(self) -> None:
        """Check the weights."""
        for name, weight in (("bother_weight", self.bother_weight), ("near_tie_nrs", self.near_tie_nrs)):
            if not (math.isfinite(weight) and weight >= 0):
                raise ProblemDefinitionError(f"objective.{name}", "is negative or not finite", limit=">= 0")

        for name, weight in self.site_weights.items():
            if not (name and math.isfinite(weight) and weight >= 0):
                raise ProblemDefinitionError("objective.sites", "have a weight that is not one", limit=">= 0")
        if self.sites is not UNSET and not sum(self.site_weights.values()) > 0:
            raise ProblemDefinitionError("objective.sites", "count for nothing", limit="one weight above 0")

    @property
    def site_weights(self) -> Mapping[str, float]:
        """Pain site -> weight; empty where there is one outcome."""
        return {} if isinstance(self.sites, UnsetType) else self.sites

    def combined(self, ratings: Mapping[str, float]) -> float | None:
        """Return one moment's ratings of several sites as one outcome: their weighted mean, on the same scale.

        Args:
            ratings: Site -> rating.

        Returns:
            The outcome; None where a site that counts was not rated: a missing rating is never made up.
        """
        # in one order, whatever the document's: sums differ in their last bits
        counting = {site: weight for site, weight in sorted(self.site_weights.items()) if weight > 0}
        if not counting or not counting.keys() <= ratings.keys():
            return None
        return sum(weight * ratings[site] for site, weight in counting.items()) / sum(counting.values())

    def relief(self, outcome: float, scale: OutcomeScale) -> float:
        """Return an outcome as relief: larger is better, in points of the scale.

        Pain of 3 on 0 to 10 is a relief of -3: only differences matter, the reference is learned.
        """
        return outcome if scale.larger_is_better else -outcome

    def outcome(self, relief: float, scale: OutcomeScale) -> float:
        """Return relief as an outcome again; the inverse of :meth:`relief`."""
        return relief if scale.larger_is_better else -relief
