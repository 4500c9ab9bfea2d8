"""Scenarios ``effect-0.1`` to ``effect-0.6``: the same surfaces, scaled to a share of the noise of one rating."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import Final

import numpy as np

from optimizer.errors import DataError
from optimizer.outcomes.side_effect import DISCOMFORT, Tolerability
from optimizer.problem import PostureUse, Problem, stimulation_problem
from optimizer.simulate.effect_size import Surface
from optimizer.simulate.effect_size_patient import EffectSizePatient, EffectSizeTruth
from optimizer.simulate.encounter import Context, Spell
from optimizer.space.device import load_device
from optimizer.space.search_space import Indices
from optimizer.space.settings import Settings
from optimizer.trial import Posture

EFFECT_SIZES: Final = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
STARTED_AT: Final = datetime(2030, 1, 7, 10, 0, tzinfo=UTC)
DEVICE: Final = "scs-tonic"
ENVELOPE: Final[Mapping[str, tuple[float, float] | tuple[str, ...]]] = {
    "amplitude_ma": (0.0, 12.0),
    "pulse_width_us": (60.0, 600.0),
    "frequency_hz": (40.0, 40.0),
    "configuration": ("level-4",),
}
START_WIDTH_US = 300.0
START_OVER_PERCEPTION = 1.05


@dataclass(frozen=True, kw_only=True)
class EffectSizeScenario:
    """A search for an effect that hides in the noise."""

    effect_size: float
    """Relief at the best tolerable settings over the SD of one rating."""
    device: str = DEVICE
    envelope: Mapping[str, tuple[float, float] | tuple[str, ...]] = field(
        default_factory=lambda: dict(ENVELOPE)
    )
    postures: tuple[Posture, ...] = (Posture.STANDING,)
    posture_use: PostureUse = PostureUse.UPRIGHT
    started_at: datetime = STARTED_AT
    ramps: bool = False
    judged_on_day: float = 0.0

    @property
    def name(self) -> str:
        """Of the scenario."""
        return f"effect-{self.effect_size:g}"

    @property
    def title(self) -> str:
        """In words."""
        return f"Amplitude and width with an effect of {self.effect_size:g} of the rating noise"

    @property
    def problem(self) -> Problem:
        """What a policy is told: the same for every effect size."""
        return _problem()

    @property
    def legal(self) -> Indices:
        """Every grid point inside hard limits and envelope, ``(c, d)``."""
        return _legal()

    def truth(self, seed: int) -> EffectSizeTruth:
        """Return what is true of the patient of a seed."""
        surface, top = _surface(seed)
        return EffectSizeTruth(
            problem=_problem(),
            limit_grade=_limit_grade(_problem()),
            effect_nrs=self.effect_size * surface.traits["rating_sd_nrs"],
            top=top,
            _surface=surface,
        )

    def patient(self, seed: int) -> EffectSizePatient:
        """Return the patient of a seed."""
        surface, _ = _surface(seed)
        return EffectSizePatient(started_at=self.started_at, _truth=self.truth(seed), _surface=surface)

    def begins_at(self, number: int) -> datetime:
        """Return when the trial of that number begins: one a day."""
        return self.started_at + timedelta(days=number)

    def context(self, number: int = 0) -> Context:  # noqa: ARG002 - every trial is alike
        """Return the circumstances of a trial."""
        return Context(posture=self.postures[0])

    def questions(
        self,
        number: int,
        earlier: tuple[Spell, ...] = (),  # noqa: ARG002 - no effect outlasts its trial
    ) -> tuple[tuple[Context, datetime], ...]:
        """Return in which context and when the trial of that number is rated: once, in the visit."""
        return ((self.context(number), self.begins_at(number)),)

    def best(self, seed: int) -> Settings:
        """Return the best settings inside limits and tolerance, found by exhaustion."""
        return self.truth(seed).best(self.legal)

    def start(self, seed: int) -> Settings:
        """Return settings just above perception at the usual width."""
        space = _problem().space
        indices = list(space.at(_legal()[0]).indices)
        indices[space.names.index("pulse_width_us")] = space.parameter("pulse_width_us").index_of(
            START_WIDTH_US
        )
        felt_ma = START_OVER_PERCEPTION * self.truth(seed).perception_of(space.at(indices))
        indices[space.names.index("amplitude_ma")] = space.parameter("amplitude_ma").nearest(felt_ma)
        return space.at(indices)


EFFECT_SIZE_SCENARIOS: Final[Mapping[str, EffectSizeScenario]] = {
    scenario.name: scenario for scenario in (EffectSizeScenario(effect_size=size) for size in EFFECT_SIZES)
}


@cache
def _problem() -> Problem:
    return stimulation_problem(
        load_device(DEVICE),
        envelope=ENVELOPE,
        side_effects=(DISCOMFORT,),
        postures=(PostureUse.UPRIGHT,),
        min_gain_nrs=0.0,
    )


@cache
def _legal() -> Indices:
    levels = [np.flatnonzero(mask) for mask in _problem().index_masks]
    grid = np.stack([axis.ravel() for axis in np.meshgrid(*levels, indexing="ij")], axis=1).astype(np.int64)
    return np.asarray(grid[_problem().allowed(grid)])


@lru_cache(maxsize=256)
def _surface(seed: int) -> tuple[Surface, float]:
    """Return the surface of a seed and its height at the best tolerable settings."""
    surface, columns = Surface(seed=seed), _problem().space.columns(_legal())
    at = columns.amplitude_ma, columns.pulse_width_us
    limit = _limit_grade(_problem())
    top = float(surface.height(*at)[surface.grade(*at, limit) <= limit].max())
    if top <= 0.0:
        raise DataError("scenario", "has no tolerable settings that help this patient")
    return surface, top


def _limit_grade(problem: Problem) -> float:
    tolerability = problem.tolerability or Tolerability()
    return tolerability.limit_grade
