"""Our own search of a recorded map: the same ``propose`` a course is asked with, query by query."""

from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from optimizer.ask import Ask
from optimizer.decision import Decision, Hold, Stop
from optimizer.errors import PolicyError
from optimizer.evaluate.recorded_maps import HIGHEST_SCORE, RecordedMaps
from optimizer.history import EPOCH, History
from optimizer.policies.policy import Policy
from optimizer.prior import NO_PRIOR, Prior
from optimizer.problem import Problem
from optimizer.propose import propose
from optimizer.space.settings import Settings
from optimizer.trial import Applied, Measure, Report, Trial

Array = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(kw_only=True)
class MapSearch:
    """Runs on one animal's map; equal histories are asked about once, for the same inputs give the same decision."""

    maps: RecordedMaps
    animal: int
    policy: Policy
    with_prior: bool
    problem: Problem = field(init=False)
    prior: Prior = field(init=False)
    n_asks: int = field(init=False, default=0)
    _sites: dict[tuple[int, ...], int] = field(init=False)
    _answers: dict[tuple[tuple[int, float], ...], Decision] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """State the problem and what the other animals teach."""
        self.problem = self.maps.problem()
        self.prior = self.maps.prior_without(self.animal) if self.with_prior else NO_PRIOR
        corner = self.maps.sites.min(axis=0)
        self._sites = {
            (int(column), int(row)): site for site, (column, row) in enumerate(self.maps.sites - corner)
        }

    def run(self, first: int, noise: Array) -> tuple[Indices, Indices]:
        """Search once.

        Args:
            first: The first site tried, or where the search stands when the prior may choose the first.
            noise: ``(n_queries,)`` added to what is observed, in points.

        Returns:
            Sites tried and sites recommended after each query, ``(n_queries,)`` each.

        Raises:
            PolicyError: If the policy holds: nothing on a recorded map calls for it.
        """
        tried: list[int] = []
        seen: list[float] = []
        recommended: list[int] = []
        site = self._site(_settings(self._decide(first, (), ()))) if self.with_prior else first
        for error in noise:
            tried.append(site)
            observed = float(self.maps.values[self.animal, site] + error)
            seen.append(min(max(observed, 0.0), HIGHEST_SCORE))
            decision = self._decide(tried[-1], tuple(tried), tuple(seen))
            recommended.append(self._kept(decision, tried))
            site = self._site(_settings(decision))
        return np.array(tried), np.array(recommended)

    def _kept(self, decision: Decision, tried: list[int]) -> int:
        if isinstance(decision, Stop):
            return self._site(decision.keep)
        keep = None if isinstance(decision, Hold) else decision.recommendation
        return tried[-1] if keep is None else self._site(keep)

    def _decide(self, standing: int, tried: tuple[int, ...], seen: tuple[float, ...]) -> Decision:
        # with nothing tried, the place in force is part of the question
        key = tuple(zip(tried, seen, strict=True)) or ((standing, -1.0),)
        if key not in self._answers:
            self.n_asks += 1
            history = self._history(tried, seen)
            ask = Ask(at=EPOCH + timedelta(days=len(tried)), in_force=self._applied(standing))
            self._answers[key] = propose(self.problem, history, ask, prior=self.prior, policy=self.policy)
        return self._answers[key]

    def _history(self, tried: tuple[int, ...], seen: tuple[float, ...]) -> History:
        facts: list[Trial | Report] = []
        for number, (site, value) in enumerate(zip(tried, seen, strict=True)):
            at = EPOCH + timedelta(days=number)
            trial = Trial(
                id=f"query-{number:02d}", applied=self._applied(site), occurred_at=at, recorded_at=at
            )
            report = Report(
                id=f"query-{number:02d}-movement",
                trial_id=trial.id,
                measure=Measure.PAIN,  # the primary outcome of the problem
                value=value,
                occurred_at=at,
                recorded_at=at,
            )
            facts += [trial, report]
        return History().add(*facts)

    def _applied(self, site: int) -> Applied:
        column, row = self.maps.sites[site]
        settings = self.problem.space.settings({"column": int(column), "row": int(row)})
        return Applied(values=settings.as_dict(), settings=settings)

    def _site(self, settings: Settings) -> int:
        return self._sites[settings.indices]


def _settings(decision: Decision) -> Settings:
    if isinstance(decision, Hold):
        raise PolicyError("policy", f"holds on a recorded map, reason {decision.reason.value}")
    if isinstance(decision, Stop):
        return decision.keep
    return decision.settings
