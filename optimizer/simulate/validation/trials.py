"""A clinical trial in synthetic patients: baseline diary, screening with a gate, implantation, follow-up."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimizer.simulate import course_of_time as time
from optimizer.simulate.cohort import Cohort
from optimizer.simulate.course_of_time import Phase
from optimizer.simulate.ratings import whole_number
from optimizer.simulate.streams import Array, normal, stream

BASELINE_DAYS = range(-7, 0)
SCREENING_DAYS = range(1, 6)
FOLLOW_UP_DAYS = 7
GATE = 0.5
"""Relief that lets a patient pass the screening trial."""
REMISSION_NRS = 2.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Arm:
    """One treatment arm: who passed, and how those were at each month."""

    cohort: Cohort
    goodness: Array
    """What careful programming reached, ``(p, 1)``."""
    baseline_nrs: Array
    """Mean of the baseline diary, ``(p, 1)``."""
    passed: NDArray[np.bool_]
    """``(p,)``"""

    def relief(self, month: float) -> Array:
        """Return the relative relief of those implanted, ``(k,)``, from a diary of seven days."""
        return np.asarray(
            ((self.baseline_nrs - self._follow_up_nrs(month)) / self.baseline_nrs)[self.passed, 0]
        )

    def fall_nrs(self, month: float) -> float:
        """Return the mean fall of pain in points."""
        return float((self.baseline_nrs - self._follow_up_nrs(month))[self.passed].mean())

    def remitters(self, month: float) -> float:
        """Return the share of those implanted with little pain left."""
        return float((self._follow_up_nrs(month)[self.passed] <= REMISSION_NRS).mean())

    def responders(self, month: float) -> float:
        """Return the share of those implanted with half of their pain gone."""
        return float((self.relief(month) >= GATE).mean())

    def specific_nrs(self, month: float) -> float:
        """Return what a blinded comparison with placebo would find in those implanted, in points."""
        day = month * time.DAYS_PER_MONTH
        pain = _expected_nrs(self.cohort, 0.0, day, Phase.IMPLANTED)
        return float((pain * self._specific(day))[self.passed].mean())

    def _follow_up_nrs(self, month: float) -> Array:
        day = int(month * time.DAYS_PER_MONTH)
        expected = _expected_nrs(self.cohort, self._specific(day), day, Phase.IMPLANTED)
        return _diary_nrs(self.cohort, expected, range(day, day + FOLLOW_UP_DAYS))

    def _specific(self, day: float) -> Array:
        kept = time.persistence(self.cohort, day, Phase.IMPLANTED)
        return np.asarray(self.cohort["achievable_share"] * self.goodness * kept)


def run_arm(cohort: Cohort) -> Arm:
    """Treat a cohort as the trials did: diary, screening on trial leads, implantation of those who pass.

    Args:
        cohort: ``p`` patients.

    Returns:
        The arm; nobody is followed yet.
    """
    goodness = clinical_goodness(cohort)
    baseline = _diary_nrs(cohort, cohort["baseline_nrs"], BASELINE_DAYS)
    specific = cohort["achievable_share"] * goodness
    screening = np.hstack(
        [
            _daily_nrs(cohort, _expected_nrs(cohort, specific, day, Phase.SCREENING), day)
            for day in SCREENING_DAYS
        ]
    ).mean(axis=1, keepdims=True)
    passed = ((baseline - screening) / baseline >= GATE)[:, 0]
    return Arm(cohort=cohort, goodness=goodness, baseline_nrs=baseline, passed=passed)


def clinical_goodness(cohort: Cohort) -> Array:
    """Return the share of each patient's achievable relief that careful programming reaches, ``(p, 1)``."""
    programmed = 0.75 + 0.12 * stream(cohort.seed, "clinical programming").standard_normal((cohort.size, 1))
    return np.clip(programmed, 0.0, 1.0)


def measured_reports(cohort: Cohort) -> dict[str, float]:
    """Return the statistics of section 8 that speak of reports, by the name of their band."""
    # the notes state the SD by its median person; reliability compares it with how much people differ
    within = float(np.median(cohort["report_sd_nrs"]))
    between = float(cohort["baseline_nrs"].var())
    mean_within = float((cohort["report_sd_nrs"] ** 2).mean())
    return {
        "within_day_sd_nrs": within,
        "single_day_reliability": between / (between + mean_within),
        "five_day_reliability": between / (between + mean_within / 5.0),
        "app_users_half_of_days": float((cohort["answer_probability"] >= 0.5).mean()),
        "supervised_completion": float(cohort["answer_probability_supervised"].mean()),
    }


def _expected_nrs(cohort: Cohort, specific: Array | float, day: float, phase: Phase) -> Array:
    untreated = time.baseline_nrs(cohort, day, phase)
    return np.asarray(untreated * (1.0 - time.non_specific_share(cohort, day)) * (1.0 - specific))


def _diary_nrs(cohort: Cohort, expected: Array, days: range) -> Array:
    return np.asarray(
        np.hstack([_daily_nrs(cohort, expected, day) for day in days]).mean(axis=1, keepdims=True)
    )


def _daily_nrs(cohort: Cohort, expected: Array, day: int) -> Array:
    """Return one whole-number rating in the early afternoon, where the daily rhythm is nothing, ``(p, 1)``."""
    measurement = cohort["report_sd_nrs"] * np.sqrt(cohort["measurement_share"])
    noise = time.day_noise_nrs(cohort, day) + measurement * normal(cohort.seed, "diary", day, cohort.size)
    return whole_number(cohort, expected + noise + time.flare_nrs(cohort, day), "diary", day)
