"""Implanted vagus nerve stimulation: benefit over weeks, harm at low dose, side effects that fade (section 7.3)."""

from dataclasses import dataclass

import numpy as np

from optimizer.simulate import course_of_time as time
from optimizer.simulate.cohort import Cohort
from optimizer.simulate.course_of_time import Phase
from optimizer.simulate.effect import sigmoid
from optimizer.simulate.side_effects import UNCOMFORTABLE_GRADE
from optimizer.simulate.streams import Array, stream

DAYS_PER_MONTH = 30.44

FADING = ("hoarseness", "cough", "dyspnoea")
"""Side effects that fade over months while the stimulation stays as it is."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dose:
    """``c`` settings of a vagus stimulator; every array ``(c,)``."""

    amplitude_ma: Array
    pulse_width_us: Array
    frequency_hz: Array
    duty: Array


def threshold_ma(cohort: Cohort, dose: Dose) -> Array:
    """Return the A-fibre threshold at the width of each setting, ``(p, c)``."""
    weiss = 1.0 + cohort["chronaxie_us"] / dose.pulse_width_us
    return np.asarray(cohort["a_fibre_500_us_ma"] * weiss / (1.0 + cohort["chronaxie_us"] / 500.0))


def intensity(cohort: Cohort, dose: Dose) -> Array:
    """Return current over the A-fibre threshold at that width, ``(p, c)``."""
    return np.asarray(dose.amplitude_ma / threshold_ma(cohort, dose))


def target_share(cohort: Cohort, dose: Dose, kept: Array | float = 1.0) -> Array:
    """Return the share of pain taken away in the long run, ``(p, c)``; negative where a low dose does harm.

    Args:
        cohort: ``p`` patients.
        dose: ``c`` settings.
        kept: Persistence of the effect, ``(p, 1)``.

    Source:
        Section 7.3: a rise near 1.3 times threshold, a slow decline from 1.9, a dip around 0.75; the dose grows with the
        square root of the duty cycle and falls below 15 Hz.
    """
    by_rate = np.interp(dose.frequency_hz, [5.0, 10.0, 15.0], [0.2, 0.6, 1.0])
    d = intensity(cohort, dose) * np.sqrt(dose.duty / 0.16) * by_rate
    decline = 1.0 / (1.0 + (np.maximum(d - 1.9, 0.0) / 1.2) ** 2)
    benefit = cohort["achievable_share"] * kept * sigmoid((d - 1.3) / 0.25) * decline
    return np.asarray(benefit - cohort["low_dose_harm"] * np.exp(-0.5 * ((d - 0.75) / 0.25) ** 2))


def share_after(cohort: Cohort, before: Array, target: Array, days: float) -> Array:
    """Return the effect some days into settings: it moves from what it was towards their target over weeks."""
    remaining = np.exp(-days / cohort["build_up_days"])
    return np.asarray(target + (before - target) * remaining)


def first_visit_ma(cohort: Cohort) -> Array:
    """Return the current tolerated at the first visit, ``(p, 1)``: steps of 0.25 mA, at most 1.5 mA."""
    tolerated = cohort["a_fibre_500_us_ma"] * cohort["first_visit_ratio"]
    return np.asarray(np.floor(np.minimum(tolerated, 1.5) / 0.25) * 0.25)


def has_effect(cohort: Cohort, dose: Dose, kind: str, months: float) -> Array:
    """Return the probability of a fading side effect, ``(p, c)``, so many months after the first stimulation."""
    x = np.maximum(intensity(cohort, dose), 1e-9)
    new = sigmoid((np.log(x) - np.log(cohort[f"{kind}_centre"])) / cohort[f"{kind}_log_scale"])
    return np.asarray(new * np.exp(-months / cohort[f"{kind}_fade_months"]))


def expected_grade(cohort: Cohort, dose: Dose, kind: str, day: float) -> Array:
    """Return the expected grade of one kind, 0 to 10, ``(p, c)``; 0 for a kind this therapy does not cause.

    A fading effect is a person's own: whoever is prone to hoarseness has it at lower currents and stronger.
    """
    if kind in FADING:
        proneness = stream(cohort.seed, f"prone to {kind}").random((cohort.size, 1))
        excess = has_effect(cohort, dose, kind, max(day, 0.0) / DAYS_PER_MONTH) - proneness
        return np.asarray(np.where(excess > 0, np.clip(1.0 + 5.0 * excess, 0.0, 10.0), 0.0))
    if kind != "discomfort":
        return np.zeros((cohort.size, len(dose.amplitude_ma)))
    return np.clip(_discomfort(cohort, dose, day), 0.0, 10.0)


def reported_grade(cohort: Cohort, dose: Dose, kind: str, occasion: str, day: float) -> Array:
    """Return the whole-number grade reported, ``(p, c)``."""
    draw = stream(cohort.seed, f"grade {kind} {occasion}", int(np.floor(day))).random((cohort.size, 1))
    if kind != "discomfort":
        expected = expected_grade(cohort, dose, kind, day)
        return np.asarray(np.where(expected > 0, np.clip(np.floor(expected + draw), 1.0, 10.0), 0.0))
    scale = cohort["grades_per_log_current"] * cohort["uncomfortable_log_scale"]
    noise = scale * np.log((draw + 1e-12) / (1.0 - draw))
    return np.clip(np.rint(_discomfort(cohort, dose, day) + noise), 0.0, 10.0) + 0.0  # no negative zero


def expected_pain_nrs(cohort: Cohort, share: Array, day: float) -> Array:
    """Return pain without noise, rhythm or flare, ``(p, c)``, within the scale."""
    untreated = time.baseline_nrs(cohort, day, Phase.IMPLANTED)
    return np.clip(untreated * (1.0 - time.non_specific_share(cohort, day)) * (1.0 - share), 0.0, 10.0)


def _discomfort(cohort: Cohort, dose: Dose, day: float) -> Array:
    """Return the grade before it is bounded: what was too much at first is tolerated after weeks."""
    gained = np.log(cohort["tolerance_gain"]) * (1.0 - np.exp(-max(day, 0.0) / cohort["tolerance_days"]))
    bearable = np.log(cohort["first_visit_ratio"]) + gained
    x = np.maximum(intensity(cohort, dose), 1e-9)
    return np.asarray(UNCOMFORTABLE_GRADE + cohort["grades_per_log_current"] * (np.log(x) - bearable))
