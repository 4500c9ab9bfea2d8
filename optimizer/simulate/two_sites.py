"""Pain at two sites, one lead: what is best for the back need not be best for the leg (section 7.1)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np

from optimizer.simulate.body import Body
from optimizer.simulate.cohort import Cohort
from optimizer.simulate.encounter import Answer, Context, Programmed
from optimizer.simulate.patient import SomaticPatient
from optimizer.simulate.stimulus import Stimulus
from optimizer.simulate.streams import Array
from optimizer.space.parameter import Value
from optimizer.space.search_space import Indices
from optimizer.trial import Measure, Posture, Rung

OTHER_LUCK = 1 << 40
"""Added to the seed: the second site has bad days and flares of its own."""
LEAD_ENDS = (1.5, 7.5)
"""Levels between which the best place for the second site lies."""


def second_site(cohort: Cohort) -> Cohort:
    """Return the same people with the pain of their second site: its own best place, baseline and luck.

    Thresholds and side effects belong to the lead, not to the site, and stay.
    """
    low, high = LEAD_ENDS
    traits = cohort.traits | {
        "best_level": np.clip(cohort["best_level"] + cohort["second_site_levels"], low, high),
        "baseline_nrs": cohort["second_site_baseline_nrs"],
    }
    return replace(cohort, seed=cohort.seed + OTHER_LUCK, traits=traits)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TwoSiteBody:
    """One body whose pain is the weighted mean of two sites."""

    sites: tuple[str, str]
    weights: tuple[float, float]
    """Of the two sites; their sum is one."""
    first: Body
    second: Body

    def stimulus(self, indices: Indices) -> Stimulus:
        """Return grid points as stimuli."""
        return self.first.stimulus(indices)

    def stimulus_of(self, values: Mapping[str, Value]) -> Stimulus:
        """Return one raw setting, on the grid or off it, as a stimulus."""
        return self.first.stimulus_of(values)

    def perception_ma(self, stimulus: Stimulus, posture: Posture, day: float) -> Array:
        """Return the perception threshold, ``(p, c)``: of the lead, whatever hurts."""
        return self.first.perception_ma(stimulus, posture, day)

    def specific_share(self, stimulus: Stimulus, posture: Posture, day: float) -> Array:
        """Return the share of the weighted pain these settings take away, ``(p, c)``."""
        untreated = self._untreated(day)
        taken = [
            pain * body.specific_share(stimulus, posture, day)
            for pain, body in zip(untreated, (self.first, self.second), strict=True)
        ]
        return np.asarray(sum(taken) / sum(untreated))

    def expected_pain_nrs(self, specific_share: Array, day: float) -> Array:
        """Return the weighted pain, ``(p, c)``, for a share taken away by the settings."""
        return np.asarray(sum(self._untreated(day)) * (1.0 - specific_share))

    def expected_grade(self, stimulus: Stimulus, posture: Posture, kind: str, day: float) -> Array:
        """Return the expected grade of one kind of side effect, ``(p, c)``."""
        return self.first.expected_grade(stimulus, posture, kind, day)

    def _untreated(self, day: float) -> list[Array]:
        none = np.zeros((1, 1))
        bodies = zip(self.weights, (self.first, self.second), strict=True)
        return [weight * body.expected_pain_nrs(none, day) for weight, body in bodies]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TwoSitePatient:
    """Rates two pains at every question; an answer names its site."""

    sites: tuple[str, str]
    _first: SomaticPatient = field(repr=False)
    _second: SomaticPatient = field(repr=False)

    def respond(self, settings: Programmed, context: Context, at: datetime) -> tuple[Answer, ...]:
        """Answer one rating a site and one grade per kind of side effect; a site may go unanswered."""
        here, there = (patient.respond(settings, context, at) for patient in (self._first, self._second))
        pains = [answer for answer in there if answer.measure is Measure.PAIN]
        return (
            *(_named(answer, self.sites[0]) for answer in here),
            *(_named(answer, self.sites[1]) for answer in pains),
        )

    def ramp_to(
        self, settings: Programmed, amplitudes_ma: Sequence[float], context: Context, at: datetime
    ) -> tuple[Rung, ...]:
        """Climb to settings: thresholds are the lead's."""
        return self._first.ramp_to(settings, amplitudes_ma, context, at)


def _named(answer: Answer, site: str) -> Answer:
    return replace(answer, kind=site) if answer.measure is Measure.PAIN else answer
