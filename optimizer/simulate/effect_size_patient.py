"""Whoever rates on an effect-size surface, and what is true of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from optimizer.errors import DataError
from optimizer.problem import Problem
from optimizer.simulate.effect_size import ROUNDING_VARIANCE, Surface
from optimizer.simulate.encounter import Answer, Context, Programmed, values_of
from optimizer.simulate.ramp import climb
from optimizer.simulate.side_effects import UNCOMFORTABLE_GRADE
from optimizer.simulate.streams import Array, stream
from optimizer.simulate.telling import Moment, moment_of
from optimizer.space.constraint import Columns
from optimizer.space.parameter import Value
from optimizer.space.search_space import Indices
from optimizer.space.settings import Settings
from optimizer.trial import Measure, Rung

KIND = "discomfort"
LOWEST_NRS, HIGHEST_NRS = 0.0, 10.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EffectSizeTruth:
    """One surface scaled to its effect size, as nobody sees it."""

    problem: Problem
    limit_grade: float
    effect_nrs: float
    """Relief at the best tolerable settings, in points."""
    top: float
    """Height of the surface there."""
    _surface: Surface = field(repr=False)

    def relief_nrs(self, indices: Indices, day: float | None = None) -> Array:  # noqa: ARG002 - nothing changes with the days
        """Return the expected relief against no stimulation, ``(c,)``, in points."""
        return self._relief(self.problem.space.columns(indices))

    def grade(self, indices: Indices, day: float | None = None) -> Array:  # noqa: ARG002 - as relief
        """Return the expected grade, ``(c,)``."""
        return self._grade(self.problem.space.columns(indices))

    def relief_of(self, settings: Programmed, day: float | None = None) -> float:  # noqa: ARG002
        """Return the expected relief at one setting, on the grid or off it."""
        return float(self._relief(self._columns(settings))[0])

    def grade_of(self, settings: Programmed, day: float | None = None) -> float:  # noqa: ARG002
        """Return the expected grade at one setting, on the grid or off it."""
        return float(self._grade(self._columns(settings))[0])

    def perception_of(self, settings: Settings) -> float:
        """Return the perception threshold at one setting in mA."""
        return float(self._surface.perception_ma(self._columns(settings).pulse_width_us)[0])

    def best(self, legal: Indices, day: float | None = None) -> Settings:
        """Return the tolerable settings of most expected relief; raises DataError where none is tolerable."""
        relief = np.where(self.grade(legal, day) <= self.limit_grade, self.relief_nrs(legal, day), -np.inf)
        index = int(np.argmax(relief))
        if not np.isfinite(relief[index]):
            raise DataError("scenario", "has no tolerable settings for this patient")
        return self.problem.space.at(legal[index])

    def _relief(self, columns: Columns) -> Array:
        height = self._surface.height(columns.amplitude_ma, columns.pulse_width_us)
        return np.asarray(self.effect_nrs * height / self.top)

    def _grade(self, columns: Columns) -> Array:
        return self._surface.grade(columns.amplitude_ma, columns.pulse_width_us, self.limit_grade)

    def _columns(self, settings: Programmed) -> Columns:
        return self.problem.space.columns_of([values_of(settings)])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EffectSizePatient:
    """Rates one surface with independent noise; equal seeds live through equal days whoever asks."""

    started_at: datetime
    _truth: EffectSizeTruth = field(repr=False)
    _surface: Surface = field(repr=False)

    def respond(self, settings: Programmed, context: Context, at: datetime) -> tuple[Answer, ...]:
        """Answer one pain rating and one grade of discomfort; nobody is silent here."""
        moment = moment_of(self.started_at, at)
        felt, grade = self._surface.traits["pain_nrs"], 0.0
        if context.stimulation_on:
            felt -= self._truth.relief_of(settings)
            grade = self._truth.grade_of(settings)
            grade += self._surface.traits["grade_sd"] * self._normal("grade", moment)
        latent_sd = np.sqrt(self._surface.traits["rating_sd_nrs"] ** 2 - ROUNDING_VARIANCE)
        felt += latent_sd * self._normal("rating", moment)
        values = ((Measure.PAIN, "", felt), (Measure.SIDE_EFFECT, KIND, grade))
        return tuple(
            Answer(
                measure=measure,
                kind=kind,
                value=float(np.clip(np.rint(value), LOWEST_NRS, HIGHEST_NRS)) + 0.0,  # no negative zero
                occurred_at=moment.at,
                recorded_at=moment.at,
                posture=context.posture,
                stimulation_on=context.stimulation_on,
            )
            for measure, kind, value in values
        )

    def ramp_to(
        self,
        settings: Programmed,
        amplitudes_ma: Sequence[float],
        context: Context,  # noqa: ARG002 - posture plays no part here
        at: datetime,  # noqa: ARG002 - nor does the day
    ) -> tuple[Rung, ...]:
        """Climb to settings: perception is named once, and the ramp stops at the first uncomfortable rung."""
        values = values_of(settings)
        perception_ma = self._perception_ma(values)
        return climb(
            amplitudes_ma,
            is_felt=lambda ma: ma >= perception_ma,
            is_uncomfortable=lambda ma: (
                self._truth.grade_of({**values, "amplitude_ma": ma}) > UNCOMFORTABLE_GRADE
            ),
        )

    def _perception_ma(self, values: Mapping[str, Value]) -> float:
        width_us = self._truth.problem.space.columns_of([values]).pulse_width_us
        return float(self._surface.perception_ma(width_us)[0])

    def _normal(self, what: str, moment: Moment) -> float:
        key = f"effect size {what} {moment.occasion}"
        return float(stream(self._surface.seed, key, moment.whole_day).standard_normal())
