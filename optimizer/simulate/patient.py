"""A synthetic patient who feels the current: settings in, reports out. What is true of one is not here (see ``truth``)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

import numpy as np

from optimizer.simulate import course_of_time as time
from optimizer.simulate.body import Body
from optimizer.simulate.encounter import Answer, Context, Programmed, values_of
from optimizer.simulate.preference import Lived, Preferred, preferred
from optimizer.simulate.ramp import climb
from optimizer.simulate.ratings import Completeness
from optimizer.simulate.side_effects import (
    KINDS,
    UNCOMFORTABLE_GRADE,
    discomfort_grade,
    expected_grade,
    reported_grade,
)
from optimizer.simulate.stimulus import Stimulus
from optimizer.simulate.streams import Array, normal
from optimizer.simulate.telling import Moment, is_silent, moment_of, remembered_nrs, told
from optimizer.simulate.thresholds import window_position
from optimizer.space import pulse
from optimizer.trial import Rung


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SomaticPatient:
    """One patient stimulated at spinal cord, ganglion, nerve or skin, between perception and discomfort.

    Equal seeds live through equal days whoever asks them and how often.
    """

    kinds: tuple[str, ...] = ("discomfort",)
    """Kinds of side effects the course asks for."""
    completeness: Completeness = Completeness.COMPLETE
    jitters: bool = False
    """Whether thresholds move within a posture, as in daily life; standing still in clinic they do not."""
    _body: Body = field(repr=False)

    def respond(self, settings: Programmed, context: Context, at: datetime) -> tuple[Answer, ...]:
        """Answer one pain rating and one grade per kind of side effect.

        Args:
            settings: In force, on the grid or off it.
            context: Posture, whether stimulation is on and for how long.
            at: When the patient is asked; timezone-aware.

        Returns:
            What was answered; empty where the patient did not answer.
        """
        moment = moment_of(self._body.started_at, at)
        cohort = self._body.cohort
        if is_silent(cohort, self.completeness, moment):
            return ()
        felt = remembered_nrs(cohort, context, moment, partial(self._expected_nrs, settings))
        grades = {kind: self._grade(settings, context, moment, kind) for kind in self.kinds}
        return told(cohort, self.completeness, context, moment, felt, grades)

    def ramp_to(
        self, settings: Programmed, amplitudes_ma: Sequence[float], context: Context, at: datetime
    ) -> tuple[Rung, ...]:
        """Climb to settings and say what each rung felt like.

        Args:
            settings: Width, rate and configuration of the ramp; the amplitude is that of the rungs.
            amplitudes_ma: Ascending; see ``ramp.rungs_ma``.
            context: Posture.
            at: When; timezone-aware.

        Returns:
            One rung per amplitude, up to and with the first uncomfortable one. Perception is named once.
        """
        moment = moment_of(self._body.started_at, at)
        cohort, stimulus = self._body.cohort, self._stimulus(settings)
        repeat = normal(cohort.seed, f"ramp {moment.occasion}", moment.whole_day, 1).item()
        perception = self._perception_ma(stimulus, context, moment)
        perception = perception * np.exp(cohort["threshold_trial_log_sd"] * repeat)

        def position(amplitude_ma: float) -> Array:
            return window_position(cohort, np.array([amplitude_ma]), perception)

        return climb(
            amplitudes_ma,
            is_felt=lambda ma: position(ma).item() >= 0.0,
            is_uncomfortable=lambda ma: discomfort_grade(cohort, position(ma)).item() > UNCOMFORTABLE_GRADE,
        )

    def prefer(self, first: Programmed, second: Programmed, context: Context, at: datetime) -> Preferred:
        """Say which of two settings the patient would rather keep, both lived with in the same context."""
        moment = moment_of(self._body.started_at, at)
        one, other = (self._lived(settings, context, moment) for settings in (first, second))
        return preferred(self._body.cohort, one, other, moment.occasion, moment.whole_day)

    def _lived(self, settings: Programmed, context: Context, moment: Moment) -> Lived:
        cohort, stimulus = self._body.cohort, self._stimulus(settings)
        perception = self._body.perception_ma(stimulus, context.posture, moment.day)
        grades = [expected_grade(cohort, stimulus, perception, kind) for kind in KINDS]
        charge_uc = pulse.charge_per_phase_uc(stimulus.amplitude_ma, stimulus.pulse_width_us)
        return Lived(
            pain_nrs=self._expected_nrs(settings, context, moment),
            grade=np.max(grades, axis=0),
            sensation=np.clip(window_position(cohort, stimulus.amplitude_ma, perception), 0.0, 1.0),
            charge_uc_per_s=(charge_uc * stimulus.frequency_hz)[:, None],
        )

    def _expected_nrs(self, settings: Programmed, context: Context, moment: Moment) -> Array:
        body, cohort = self._body, self._body.cohort
        share = np.zeros((1, 1))
        if context.stimulation_on:
            now = body.specific_share(self._stimulus(settings), context.posture, moment.day)
            share = share + time.washed_in(cohort, context.on_for_s) * now
        if context.before is not None:
            old = body.specific_share(self._stimulus(context.before), context.posture, moment.day)
            share = share + (1.0 - time.washed_out(cohort, context.on_for_s)) * old
        return body.expected_pain_nrs(np.minimum(share, 1.0), moment.day)

    def _grade(self, settings: Programmed, context: Context, moment: Moment, kind: str) -> float:
        if not context.stimulation_on or kind not in KINDS:
            return 0.0
        stimulus = self._stimulus(settings)
        perception = self._perception_ma(stimulus, context, moment)
        cohort = self._body.cohort
        return reported_grade(cohort, stimulus, perception, kind, moment.occasion, moment.whole_day).item()

    def _perception_ma(self, stimulus: Stimulus, context: Context, moment: Moment) -> Array:
        perception = self._body.perception_ma(stimulus, context.posture, moment.day)
        if not self.jitters:
            return perception
        cohort = self._body.cohort
        jitter = normal(cohort.seed, f"posture {moment.occasion}", moment.whole_day, 1)
        return np.asarray(perception * np.exp(cohort["posture_jitter_log_sd"] * jitter))

    def _stimulus(self, settings: Programmed) -> Stimulus:
        return self._body.stimulus_of(values_of(settings))
