"""Were ratings where the policy said they would be? Predicted before they were given, on the whole numbers patients give.

A whole-number rating has a step, not a point, in the predicted distribution. The randomised probability integral transform
(PIT) draws a point of that step; here its mean over the draw is taken exactly, so that no luck enters and the same traces
give the same figures.

Source:
    Czado, Gneiting and Held (2009), Predictive model assessment for count data, Biometrics 65, 1254-1261 (PIT and ranked
    probability score of whole numbers).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from optimizer.evaluate.metrics.estimate import Estimate, sums
from optimizer.evaluate.trace import Trace

Array = NDArray[np.float64]
Places = NDArray[np.int64]

N_BINS: Final = 10
BASELINE_SDS: Final = np.linspace(0.2, 4.0, 39)
"""Spreads among which the baseline gets the one that serves it best."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """How predictions of one policy held over its patients."""

    n_ratings: int
    coverage_50: Estimate
    """Share of ratings inside the predicted central 50 % interval, in randomised PIT."""
    coverage_90: Estimate
    crps: Estimate
    """Continuous ranked probability score in points; less is better."""
    baseline_crps: Estimate
    """The same of the patient's own mean so far."""
    skill: Estimate
    """1 less the ratio of both: above 0 better than the patient's mean."""
    pit: tuple[float, ...]
    """Share of ratings in each tenth of the PIT; a tenth each where predictions hold."""


def calibration(traces: Sequence[Trace]) -> Calibration | None:
    """Return how predictions held, over every rating that was predicted; None where none was."""
    told = [_told(trace) for trace in traces]
    told = [entry for entry in told if len(entry.places)]
    if not told:
        return None
    places = np.concatenate([entry.places for entry in told])
    probabilities = np.concatenate([entry.probabilities for entry in told])
    patients = np.concatenate([np.full(len(entry.places), entry.patient) for entry in told])
    score = crps(probabilities, places)
    baseline = _best_baseline(np.concatenate([entry.earlier_mean for entry in told]), places, probabilities)
    ones = np.ones(len(places))

    def over_patients(above: Array, below: Array = ones) -> Estimate:
        found = sums(above, below, patients).estimate()
        if found is None:
            raise ValueError("a mean over ratings needs a rating")
        return found

    ratio = over_patients(score, baseline)
    return Calibration(
        n_ratings=len(places),
        coverage_50=over_patients(coverage(probabilities, places, 0.5)),
        coverage_90=over_patients(coverage(probabilities, places, 0.9)),
        crps=over_patients(score),
        baseline_crps=over_patients(baseline),
        skill=Estimate(value=1 - ratio.value, low=1 - ratio.high, high=1 - ratio.low),
        pit=tuple(pit_histogram(probabilities, places).mean(axis=0).tolist()),
    )


def pit_histogram(probabilities: Array, places: Places, n_bins: int = N_BINS) -> Array:
    """Return the share of each rating's randomised PIT in equal bins of 0 to 1, ``(r, n_bins)``.

    Args:
        probabilities: ``(r, k)`` predicted, a row sums to one.
        places: ``(r,)`` which whole number was given.
        n_bins: How many.

    Returns:
        Shares; a row sums to one.
    """
    edges = np.linspace(0.0, 1.0, n_bins + 1)
    return np.diff(_pit_below(probabilities, places, edges), axis=1)


def coverage(probabilities: Array, places: Places, level: float) -> Array:
    """Return the share of each rating's randomised PIT inside the central interval of a level, ``(r,)``."""
    inside = _pit_below(probabilities, places, np.array([0.5 - level / 2, 0.5 + level / 2]))
    return np.asarray(inside[:, 1] - inside[:, 0])


def crps(probabilities: Array, places: Places) -> Array:
    """Return the ranked probability score of each rating in points, ``(r,)``.

    The continuous score of a distribution on whole numbers: the squared distance of the distribution functions, summed
    over the steps of one point between the numbers.
    """
    below = probabilities.cumsum(axis=1)[:, :-1]
    reached = np.arange(below.shape[1])[None, :] >= places[:, None]
    return np.asarray(((below - reached) ** 2).sum(axis=1))


def rounded_normal(mean: Array, sd: float, k: int) -> Array:
    """Return a normal around ``mean``, ``(r,)``, on the places 0 to ``k - 1``, ``(r, k)``; the ends take what lies past them."""
    below = ndtr((np.arange(k - 1)[None, :] + 0.5 - mean[:, None]) / sd)
    ends = np.zeros((len(mean), 1)), np.ones((len(mean), 1))
    return np.diff(np.concatenate([ends[0], below, ends[1]], axis=1), axis=1)


def _pit_below(probabilities: Array, places: Places, levels: Array) -> Array:
    """Return the share of each rating's step that lies below levels of 0 to 1, ``(r, l)``."""
    upper = np.minimum(np.take_along_axis(probabilities.cumsum(axis=1), places[:, None], axis=1), 1.0)
    # a rating held impossible has a step of no height: all of it lies where the step is
    height = np.maximum(np.take_along_axis(probabilities, places[:, None], axis=1), 1e-12)
    below = (levels[None, :] - (upper - height)) / height
    return np.where(levels >= 1.0, 1.0, np.where(levels <= 0.0, 0.0, below.clip(0.0, 1.0)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Told:
    """Predicted ratings of one trace, ``r`` of them."""

    patient: int
    places: Places
    probabilities: Array
    earlier_mean: Array
    """Mean of the patient's ratings of earlier trials, as a place on the scale."""


def _told(trace: Trace) -> _Told:
    """Return the ratings of a trace that were predicted and have an earlier one to compare with."""
    lowest = trace.rating_ends[0]
    rows = []
    for entry in trace.rated:
        earlier = [other.rating - lowest for other in trace.rated if other.trial < entry.trial]
        if entry.probabilities and earlier:
            rows.append((round(entry.rating - lowest), entry.probabilities, float(np.mean(earlier))))
    return _Told(
        patient=trace.patient,
        places=np.array([row[0] for row in rows], dtype=np.int64),
        probabilities=np.array([row[1] for row in rows]),
        earlier_mean=np.array([row[2] for row in rows]),
    )


def _best_baseline(mean: Array, places: Places, probabilities: Array) -> Array:
    """Return the scores of normals around the patient's mean, their one spread chosen afterwards in their favour."""
    k = probabilities.shape[1]
    scores = [crps(rounded_normal(mean, float(sd), k), places) for sd in BASELINE_SDS]
    return min(scores, key=lambda score: float(score.mean()))
