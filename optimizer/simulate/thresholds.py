"""Perception, discomfort and motor thresholds, and where a current lies between them (section 7.1)."""

import numpy as np

from optimizer.simulate.cohort import Cohort
from optimizer.simulate.stimulus import Stimulus
from optimizer.simulate.streams import Array
from optimizer.trial import Posture

RATE_REFERENCE_HZ = 40.0
RATE_CEILING_HZ = 1200.0
"""Thresholds were measured from 40 to 1200 Hz (Abejon 2016); outside, the nearest measured rate stands."""


def perception_ma(
    cohort: Cohort, stimulus: Stimulus, posture: Posture, log_shift: Array | float = 0.0
) -> Array:
    """Return the perception threshold, ``(p, c)``.

    Args:
        cohort: ``p`` patients.
        stimulus: ``c`` settings; their amplitude plays no part.
        posture: Lying lowers it in most.
        log_shift: Drift of the log threshold, ``(p, 1)``.

    Returns:
        Current in mA at which the settings are first felt.

    Source:
        Weiss's law over width, a rate factor fitted to Abejon (2016), a field along the lead; section 7.1.
    """
    weiss = 1.0 + cohort["chronaxie_us"] / stimulus.pulse_width_us
    place = np.einsum("pl,cl->pc", np.exp(cohort.field), stimulus.cathodes)
    body = cohort["rheobase_ma"] * posture_factor(cohort, posture) * np.exp(log_shift)
    return np.asarray(body * weiss * rate_factor(cohort, stimulus.frequency_hz) * place)


def rate_factor(cohort: Cohort, frequency_hz: Array) -> Array:
    """Return the threshold at a rate relative to 40 Hz, ``(p, c)``."""
    corner, exponent = cohort["rate_corner_hz"], cohort["rate_exponent"]
    inside = np.clip(frequency_hz, RATE_REFERENCE_HZ, RATE_CEILING_HZ)
    reference = 1.0 + (RATE_REFERENCE_HZ / corner) ** exponent
    return np.asarray(reference / (1.0 + (inside / corner) ** exponent))


def posture_factor(cohort: Cohort, posture: Posture) -> Array:
    """Return the threshold in a posture relative to standing, ``(p, 1)``; an unknown posture counts as standing."""
    if posture in (Posture.STANDING, Posture.UNKNOWN):
        return np.ones((cohort.size, 1))
    return cohort[f"posture_{posture}"]


def discomfort_ma(cohort: Cohort, perception: Array) -> Array:
    """Return the discomfort threshold from the perception threshold, both ``(p, c)`` in mA."""
    return np.asarray(cohort["discomfort_ratio"] * perception)


def window_position(cohort: Cohort, amplitude_ma: Array, perception: Array) -> Array:
    """Return u, ``(p, c)``: 0 at perception, 1 at discomfort, negative below perception."""
    return np.asarray((amplitude_ma / perception - 1.0) / (cohort["discomfort_ratio"] - 1.0))
