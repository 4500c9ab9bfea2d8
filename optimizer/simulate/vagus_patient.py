"""A synthetic patient with an implanted vagus nerve stimulator."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

import numpy as np

from optimizer.simulate import course_of_time as time
from optimizer.simulate import vagus
from optimizer.simulate.course_of_time import Phase
from optimizer.simulate.encounter import Answer, Context, Programmed, values_of
from optimizer.simulate.preference import Lived, Preferred, preferred
from optimizer.simulate.ramp import climb
from optimizer.simulate.ratings import Completeness
from optimizer.simulate.side_effects import UNCOMFORTABLE_GRADE
from optimizer.simulate.streams import Array
from optimizer.simulate.telling import SECONDS_PER_DAY, Moment, is_silent, moment_of, remembered_nrs, told
from optimizer.simulate.vagus import Dose
from optimizer.simulate.vagus_body import VagusBody
from optimizer.space import pulse
from optimizer.trial import Rung

KINDS = ("discomfort", *vagus.FADING)
"""Kinds of side effects these patients can have."""
NOTICEABLE_GRADE = 1.0
"""The ramp is felt where the voice changes or it becomes noticeable otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VagusPatient:
    """One vagus patient, from the first stimulation on: benefit takes weeks, side effects fade over months."""

    kinds: tuple[str, ...] = ("discomfort", "hoarseness", "cough")
    """Kinds of side effects the course asks for."""
    completeness: Completeness = Completeness.COMPLETE
    _body: VagusBody = field(repr=False)

    def respond(self, settings: Programmed, context: Context, at: datetime) -> tuple[Answer, ...]:
        """Answer one pain rating and one grade per kind of side effect.

        Args:
            settings: In force, on the grid or off it.
            context: For how long they have run, and every spell before: the effect of a setting takes weeks to build up.
            at: When the patient is asked; timezone-aware.

        Returns:
            What was answered; empty where the patient did not answer.
        """
        moment = moment_of(self._body.started_at, at)
        cohort = self._body.cohort
        if is_silent(cohort, self.completeness, moment):
            return ()
        dose, off = self._dose(settings), not context.stimulation_on
        grades = {
            kind: 0.0 if off else vagus.reported_grade(cohort, dose, kind, moment.occasion, moment.day).item()
            for kind in self.kinds
        }
        felt = remembered_nrs(cohort, context, moment, partial(self._expected_nrs, settings))
        return told(cohort, self.completeness, context, moment, felt, grades)

    def ramp_to(
        self,
        settings: Programmed,
        amplitudes_ma: Sequence[float],
        context: Context,  # noqa: ARG002 - posture plays no part in vagus stimulation
        at: datetime,
    ) -> tuple[Rung, ...]:
        """Climb to settings; perception is the first noticeable grade of any kind, and the ramp stops at discomfort."""
        moment, dose = moment_of(self._body.started_at, at), self._dose(settings)

        def grade(kind: str, amplitude_ma: float) -> float:
            here = replace(dose, amplitude_ma=np.array([amplitude_ma]))
            return vagus.expected_grade(self._body.cohort, here, kind, moment.day).item()

        return climb(
            amplitudes_ma,
            is_felt=lambda ma: max(grade(kind, ma) for kind in KINDS) >= NOTICEABLE_GRADE,
            is_uncomfortable=lambda ma: grade("discomfort", ma) > UNCOMFORTABLE_GRADE,
        )

    def prefer(self, first: Programmed, second: Programmed, context: Context, at: datetime) -> Preferred:
        """Say which of two settings the patient would rather keep, both lived with in the same context."""
        moment = moment_of(self._body.started_at, at)
        one, other = (self._lived(settings, context, moment) for settings in (first, second))
        return preferred(self._body.cohort, one, other, moment.occasion, moment.whole_day)

    def _expected_nrs(self, settings: Programmed, context: Context, moment: Moment) -> Array:
        return self._body.expected_pain_nrs(self._share(settings, context, moment.day), moment.day)

    def _lived(self, settings: Programmed, context: Context, moment: Moment) -> Lived:
        """A sensation is there only while the current is ON."""
        cohort, dose = self._body.cohort, self._dose(settings)
        grades = [vagus.expected_grade(cohort, dose, kind, moment.day) for kind in KINDS]
        charge_uc = pulse.charge_per_phase_uc(dose.amplitude_ma, dose.pulse_width_us)
        share = self._share(settings, context, moment.day)
        return Lived(
            pain_nrs=self._body.expected_pain_nrs(share, moment.day),
            grade=np.max(grades, axis=0),
            sensation=dose.duty * np.clip(vagus.intensity(cohort, dose), 0.0, 1.0),
            charge_uc_per_s=pulse.charge_per_second_uc(charge_uc, dose.frequency_hz, dose.duty)[:, None],
        )

    def _share(self, settings: Programmed, context: Context, day: float) -> Array:
        """Follow the effect through every spell to now."""
        cohort = self._body.cohort
        kept = time.persistence(cohort, day, Phase.IMPLANTED)
        share = np.zeros((1, 1))
        for spell in context.earlier:
            target = vagus.target_share(cohort, self._dose(spell.settings), kept)
            share = vagus.share_after(cohort, share, target, spell.lasted_days)
        target = np.zeros((1, 1))
        if context.stimulation_on:
            target = vagus.target_share(cohort, self._dose(settings), kept)
        if context.on_for_s is None:
            return target
        return vagus.share_after(cohort, share, target, context.on_for_s / SECONDS_PER_DAY)

    def _dose(self, settings: Programmed) -> Dose:
        return self._body.stimulus_of(values_of(settings))
