"""Means, ratios, medians and paired differences with bootstrap intervals; patients are resampled, never runs.

Equal numbers of patients get equal resamples, so that an interval does not depend on what else is in a table.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Patients = NDArray[np.int64]

N_BOOTSTRAP: Final = 2_000
TAILS: Final = (0.025, 0.975)


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A value with its percentile-bootstrap 95 % interval over patients."""

    value: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval lies on one side of zero."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sums:
    """Numerators and denominators of a ratio, summed over the runs of each of ``n`` patients."""

    patients: Patients
    """``(n,)``, ascending."""
    above: Array
    below: Array

    def estimate(self) -> Estimate | None:
        """Return the ratio of sums; None without patients or with nothing to divide by."""
        return _estimate(len(self.patients), self.ratio)

    def ratio(self, counts: Array) -> Array:
        """Return the ratio for patients counted so many times, ``(b, n)`` -> ``(b,)``; NaN where nothing divides."""
        below = counts @ self.below
        return np.asarray((counts @ self.above) / np.where(below > 0, below, np.nan))

    def less(self, other: "Sums") -> Estimate | None:
        """Return this ratio less another over the patients both have: a paired difference."""
        shared = np.intersect1d(self.patients, other.patients)
        ours, theirs = self.among(shared), other.among(shared)
        return _estimate(len(shared), lambda counts: ours.ratio(counts) - theirs.ratio(counts))

    def among(self, patients: Patients) -> "Sums":
        """Return the sums of some of the patients."""
        mask = np.isin(self.patients, patients)
        return Sums(patients=self.patients[mask], above=self.above[mask], below=self.below[mask])


def sums(above: Array, below: Array, patients: Patients) -> Sums:
    """Return what a ratio over runs is made of.

    Args:
        above: ``(r,)`` numerators.
        below: ``(r,)`` denominators, not negative.
        patients: ``(r,)`` whom each run is about.

    Returns:
        The sums by patient.
    """
    met, which = np.unique(patients, return_inverse=True)
    n = len(met)
    return Sums(
        patients=met,
        above=np.bincount(which, above, minlength=n).astype(np.float64),
        below=np.bincount(which, below, minlength=n).astype(np.float64),
    )


def mean(values: Array, patients: Patients) -> Estimate | None:
    """Return the mean over runs, ``(r,)`` each; None without runs."""
    return sums(values, np.ones(len(values)), patients).estimate()


def median(values: Array, patients: Patients) -> Estimate | None:
    """Return the median over patients of the first time something happened; infinity stands for never.

    Args:
        values: ``(r,)``; of several runs of a patient the mean counts.
        patients: ``(r,)``

    Returns:
        The lower median and its interval, which may be infinite; None without runs.
    """
    by_patient = sums(values, np.ones(len(values)), patients)
    levels = np.sort(by_patient.above / by_patient.below)
    order = np.argsort(by_patient.above / by_patient.below, kind="stable")

    def middle(counts: Array) -> Array:
        passed = np.cumsum(counts[:, order], axis=1)
        return np.asarray(levels[(passed >= passed[:, -1:] / 2).argmax(axis=1)])

    return _estimate(len(levels), middle)


def _estimate(n: int, statistic: Callable[[Array], Array]) -> Estimate | None:
    """Return a statistic of patients counted once each, and its spread over resamples."""
    if n == 0:
        return None
    value = float(statistic(np.ones((1, n)))[0])
    if np.isnan(value):
        return None
    spread = statistic(resamples(n))
    spread = np.sort(spread[~np.isnan(spread)])
    # not interpolated: between two and never there is no number
    low, high = (float(spread[round(tail * (len(spread) - 1))]) for tail in TAILS)
    return Estimate(value=value, low=low, high=high)


@lru_cache(maxsize=8)
def resamples(n: int) -> Array:
    """Return how often each of ``n`` patients is drawn in each resample, ``(b, n)``."""
    return np.random.default_rng(0).multinomial(n, np.full(n, 1 / n), size=N_BOOTSTRAP).astype(np.float64)
