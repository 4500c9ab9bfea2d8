"""What changes with the days whatever the settings: placebo, persistence, drift, flares, the hour (section 7.1)."""

from enum import StrEnum

import numpy as np

from optimizer.simulate.cohort import Cohort
from optimizer.simulate.streams import Array, normal, stream, uniform

DAYS_PER_MONTH = 30
DAYS_PER_YEAR = 365.25
FLARE_DAYS = 3
NEGLIGIBLE = 1e-6
"""Weight of an old day below which it is left out of an autoregression."""


class Phase(StrEnum):
    """Where in the therapy the course lies."""

    SCREENING = "screening"
    """Trial leads: everybody keeps the effect, expectation is high, the baseline does not move."""
    IMPLANTED = "implanted"
    """Day 0 is the implantation; the effect is kept or lost, thresholds and baseline drift."""


def non_specific_share(cohort: Cohort, day: float) -> Array:
    """Return n(t), ``(p, 1)``: relief by expectation as a share of pain, none before the first trial."""
    if day < 0:
        return np.zeros((cohort.size, 1))
    extra = cohort["expectation_extra"] * np.exp(-day / cohort["expectation_days"])
    return np.clip(cohort["non_specific_share"] + extra, 0.0, 0.95)


def persistence(cohort: Cohort, day: float, phase: Phase) -> Array:
    """Return rho(t), ``(p, 1)``: the share of the specific effect still there."""
    if phase is Phase.SCREENING or day < 0:
        return np.ones((cohort.size, 1))
    years = day / DAYS_PER_YEAR
    kept = 1.0 - cohort["habituation_first_year"] * min(years, 1.0)
    kept = kept * (1.0 - cohort["habituation_later_per_year"]) ** max(years - 1.0, 0.0)
    early, late = cohort["loss_per_year_early"], cohort["loss_per_year_late"]
    hazard = early * min(years, 2.0) + late * max(years - 2.0, 0.0)
    lost = -np.log1p(-uniform(cohort.seed, "loss of effect", 0, cohort.size)) < hazard
    return np.asarray(np.where(lost, 0.0, cohort["persistence"] * kept))


def baseline_nrs(cohort: Cohort, day: float, phase: Phase) -> Array:
    """Return B(t), ``(p, 1)``: pain without any treatment, on the 0-10 scale."""
    if phase is Phase.SCREENING or day <= 0:
        return cohort["baseline_nrs"]
    shift = np.zeros((cohort.size, 1))
    memory = np.exp(-1.0 / cohort["baseline_drift_days"])
    for past in range(1, int(day) + 1):
        innovation = normal(cohort.seed, "baseline drift", past, cohort.size)
        shift = memory * shift + np.sqrt(1.0 - memory**2) * innovation
    return np.clip(cohort["baseline_nrs"] + cohort["baseline_drift_nrs"] * shift, 1.0, 10.0)


def threshold_shift(cohort: Cohort, day: float) -> Array:
    """Return the drift of the log threshold, ``(p, 1)``: a monthly walk, and jumps where the lead moved."""
    shift = np.zeros((cohort.size, 1))
    for month in range(1, int(max(day, 0.0)) // DAYS_PER_MONTH + 1):
        walk = normal(cohort.seed, "threshold walk", month, cohort.size)
        jump = normal(cohort.seed, "migration threshold", month, cohort.size)
        shift = shift + cohort["drift_log_sd_per_root_month"] * walk
        shift = shift + _moved(cohort, month) * cohort["migration_log_sd"] * jump
    return shift


def level_shift(cohort: Cohort, day: float) -> Array:
    """Return how far the lead moved along the cord, in levels, ``(p, 1)``."""
    shift = np.zeros((cohort.size, 1))
    for month in range(1, int(max(day, 0.0)) // DAYS_PER_MONTH + 1):
        jump = normal(cohort.seed, "migration level", month, cohort.size)
        shift = shift + _moved(cohort, month) * cohort["migration_levels_sd"] * jump
    return shift


def _moved(cohort: Cohort, month: int) -> Array:
    chance = cohort["migration_per_year"] / 12.0
    return np.asarray(uniform(cohort.seed, "migration", month, cohort.size) < chance)


def day_noise_nrs(cohort: Cohort, day: int) -> Array:
    """Return the part of a rating's noise a whole day shares, ``(p, 1)``: autocorrelated from day to day."""
    correlation = float(cohort["day_correlation"].max())
    lags = 1 if correlation <= 0 else int(np.ceil(np.log(NEGLIGIBLE) / np.log(correlation))) + 1
    sd = cohort["report_sd_nrs"] * np.sqrt(1.0 - cohort["measurement_share"])
    noise = np.zeros((cohort.size, 1))
    for lag in range(lags):
        innovation = normal(cohort.seed, "day noise", day - lag, cohort.size)
        noise = noise + cohort["day_correlation"] ** lag * innovation
    return np.asarray(sd * np.sqrt(1.0 - cohort["day_correlation"] ** 2) * noise)


def circadian_nrs(cohort: Cohort, hour: float) -> Array:
    """Return the daily rhythm, ``(p, 1)``, 0 at 14 h; outside 8-20 h as at its nearer end."""
    return np.asarray(cohort["circadian_nrs"] * (float(np.clip(hour, 8.0, 20.0)) - 14.0) / 6.0)


def flare_nrs(cohort: Cohort, day: int) -> Array:
    """Return the pain added by a flare that began today or in the two days before, ``(p, 1)``."""
    in_flare = np.zeros((cohort.size, 1), dtype=np.bool_)
    for ago in range(FLARE_DAYS):
        rng = stream(cohort.seed, "flare", day - ago)
        draws = rng.random((cohort.size, 2))
        lasts_days = 1 + np.floor(FLARE_DAYS * draws[:, 1:])
        in_flare |= (draws[:, :1] < cohort["flares_per_day"]) & (lasts_days > ago)
    return np.asarray(cohort["flare_nrs"] * in_flare)


def washed_in(cohort: Cohort, on_for_s: float | None) -> Array:
    """Return the share of a new effect that has built up, ``(p, 1)``: a two-stage gamma kernel; None: all of it."""
    if on_for_s is None:
        return np.ones((cohort.size, 1))
    return _two_stage(on_for_s, cohort["wash_in_s"])


def washed_out(cohort: Cohort, since_s: float | None) -> Array:
    """Return the share of an old effect that has faded, ``(p, 1)``; None: all of it."""
    if since_s is None:
        return np.ones((cohort.size, 1))
    return _two_stage(since_s, cohort["wash_out_s"])


def _two_stage(elapsed_s: float, time_constant_s: Array) -> Array:
    x = 2.0 * elapsed_s / time_constant_s
    return np.asarray(1.0 - (1.0 + x) * np.exp(-x))
