"""What settings do to pain: G = recruitment x coverage x rate x width, in 0 to 1 (section 7.1)."""

import numpy as np

from optimizer.simulate.cohort import Cohort
from optimizer.simulate.preset import Response
from optimizer.simulate.stimulus import Stimulus
from optimizer.simulate.streams import Array
from optimizer.simulate.thresholds import window_position

FULL_RECRUITMENT = 2.5
"""Where the recruitment curve is cut to one, in its own scale; section 7.1."""
RIDGE_FROM_HZ = 1000.0
"""Below, width and rate act as they do where stimulation is felt: the ridge was found from 1 to 10 kHz (PROCO) [A]."""


def goodness(
    cohort: Cohort, stimulus: Stimulus, perception: Array, level_shift: Array | float = 0.0
) -> Array:
    """Return G, ``(p, c)``: the share of the patient's achievable specific relief these settings give.

    Args:
        cohort: ``p`` patients.
        stimulus: ``c`` settings.
        perception: Perception threshold in mA, ``(p, c)``.
        level_shift: How far the lead moved along the cord, in levels, ``(p, 1)``.
    """
    covered = coverage(cohort, stimulus, level_shift)
    if cohort.preset.response is Response.SUB_PERCEPTION:
        return np.asarray(covered * _sub_perception(cohort, stimulus, perception))
    u = window_position(cohort, stimulus.amplitude_ma, perception)
    return np.asarray(recruitment(cohort, u) * covered * rate_and_width(cohort, stimulus))


def recruitment(cohort: Cohort, u: Array) -> Array:
    """Return R(u), ``(p, c)``: rising inside the window, a plateau, and loss above discomfort."""
    rise = sigmoid(
        (u - cohort["best_window_position"] + cohort["recruitment_lead"]) / cohort["recruitment_scale"]
    )
    loss = cohort["overdrive_loss"] * sigmoid((u - 1.0) / cohort["overdrive_scale"])
    return np.asarray(np.minimum(1.0, rise / sigmoid(np.array(FULL_RECRUITMENT))) * (1.0 - loss))


def coverage(cohort: Cohort, stimulus: Stimulus, level_shift: Array | float = 0.0) -> Array:
    """Return C, ``(p, c)``: how well the best-placed active cathode covers the painful area."""
    levels = np.arange(1, cohort.preset.levels + 1)
    distance = (levels - cohort["best_level"] - level_shift) / cohort["coverage_levels"]
    of_level = np.exp(-0.5 * distance**2)
    known = ~np.isnan(stimulus.cathodes).any(axis=1)
    best = np.full((cohort.size, len(stimulus.amplitude_ma)), np.nan)
    best[:, known] = 0.0
    for level in range(cohort.preset.levels):
        active = stimulus.cathodes[:, level] > 0
        best[:, active] = np.maximum(best[:, active], of_level[:, level : level + 1])
    return best


def rate_and_width(cohort: Cohort, stimulus: Stimulus) -> Array:
    """Return F W, ``(p, c)``: each patient's own best rate, with or without a plateau, and best width."""
    off_rate = np.abs(np.log(stimulus.frequency_hz / cohort["best_rate_hz"])) - cohort["rate_plateau_log"]
    by_rate = np.maximum(off_rate, 0.0) / cohort["rate_spread"]
    by_width = np.log(stimulus.pulse_width_us / cohort["best_width_us"]) / cohort["width_spread"]
    return np.asarray(np.exp(-0.5 * (by_rate**2 + by_width**2)))


def _sub_perception(cohort: Cohort, stimulus: Stimulus, perception: Array) -> Array:
    """Return R_s F_s, ``(p, c)``: an optimum below perception; a ridge between width and rate from 1 kHz on."""
    intensity = stimulus.amplitude_ma / perception

    def bell(a: Array) -> Array:
        return np.asarray(
            np.exp(-0.5 * ((a - cohort["best_sub_intensity"]) / cohort["sub_intensity_spread"]) ** 2)
        )

    above = bell(np.ones((1, 1))) * np.clip(1.0 - 0.5 * (intensity - 1.0), 0.0, None)
    ridge_us = np.maximum(20.0, 106.0 - 8.22 * stimulus.frequency_hz / 1000.0)
    off_ridge = (stimulus.pulse_width_us - ridge_us) / (cohort["sub_width_spread"] * ridge_us)
    fast = stimulus.frequency_hz >= RIDGE_FROM_HZ
    shape = np.where(fast, np.exp(-0.5 * off_ridge**2), rate_and_width(cohort, stimulus))
    return np.asarray(np.where(intensity < 1.0, bell(intensity), above) * shape)


def sigmoid(x: Array) -> Array:
    """Return the logistic function without overflow."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * x)))
