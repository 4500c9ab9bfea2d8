"""Statistics of thresholds and posture over a cohort."""

import numpy as np

from optimizer.simulate.cohort import Cohort
from optimizer.simulate.stimulus import Stimulus
from optimizer.simulate.streams import Array, stream
from optimizer.simulate.thresholds import discomfort_ma, perception_ma
from optimizer.trial import Posture

POSTURES = (Posture.STANDING, Posture.SITTING, Posture.LYING)
MOMENTS_PER_POSTURE = 40
"""Moments of a day in one posture, over which the time in the window is counted."""


def measured_thresholds(cohort: Cohort) -> dict[str, float]:
    """Return the statistics of section 8 that speak of thresholds, by the name of their band."""
    found = {}
    for rate_hz in (40.0, 1200.0):
        perception = perception_ma(cohort, _mid_lead(cohort, rate_hz), Posture.STANDING)
        discomfort = discomfort_ma(cohort, perception)
        found[f"pt_{rate_hz:.0f}_hz_ma"] = float(perception.mean())
        found[f"therapeutic_{rate_hz:.0f}_hz_ma"] = float((0.5 * (perception + discomfort)).mean())
        found[f"dt_{rate_hz:.0f}_hz_ma"] = float(discomfort.mean())
    found["dt_over_pt"] = found["dt_40_hz_ma"] / found["pt_40_hz_ma"]
    found["best_window_position"] = float(cohort["best_window_position"].mean())
    by_posture = _by_posture(cohort, 100.0)
    found["charge_range_uc"] = float(0.3 * np.ptp(by_posture, axis=1).mean())
    found["lying_lowest_share"] = float((by_posture.argmin(axis=1) == POSTURES.index(Posture.LYING)).mean())
    chosen_ma = 0.5 * (1.0 + cohort["discomfort_ratio"]) * by_posture[:, :1]
    lying = by_posture[:, POSTURES.index(Posture.LYING)][:, None]
    found["too_much_lying_share"] = float((chosen_ma > discomfort_ma(cohort, lying)).mean())
    found["time_in_window_median"] = float(np.median(_time_in_window(cohort, by_posture, chosen_ma)))
    return found


def _time_in_window(cohort: Cohort, by_posture: Array, chosen_ma: Array) -> Array:
    """Return the share of moments with a current between perception and discomfort, ``(p, 1)``."""
    inside = np.zeros((cohort.size, 1))
    for index, posture in enumerate(POSTURES):
        moments = stream(cohort.seed, f"moments {posture}").standard_normal(
            (cohort.size, MOMENTS_PER_POSTURE)
        )
        perception = by_posture[:, index : index + 1] * np.exp(cohort["posture_jitter_log_sd"] * moments)
        felt = (chosen_ma >= perception) & (chosen_ma <= discomfort_ma(cohort, perception))
        inside += felt.mean(axis=1, keepdims=True) / len(POSTURES)
    return inside


def _by_posture(cohort: Cohort, rate_hz: float) -> Array:
    return np.hstack([perception_ma(cohort, _mid_lead(cohort, rate_hz), posture) for posture in POSTURES])


def _mid_lead(cohort: Cohort, rate_hz: float) -> Stimulus:
    levels = cohort.preset.levels
    return Stimulus(
        amplitude_ma=np.zeros(1),
        pulse_width_us=np.array([300.0]),
        frequency_hz=np.array([rate_hz]),
        cathodes=np.eye(levels)[[levels // 2]],
    )
