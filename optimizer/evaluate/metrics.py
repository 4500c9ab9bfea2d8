"""What a policy was worth and what it cost, over the patients it met; intervals resample patients."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from optimizer.evaluate.run import Trace

Array = NDArray[np.float64]

REPORTED_TRIALS: Final = (5, 10, 15, 20, 30)
ACHIEVABLE_NRS: Final = 1.0
"""A patient with less to gain counts in points, not in shares."""
N_BOOTSTRAP: Final = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A mean or a ratio with its bootstrap 95 % interval over patients."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """One policy over all its patients."""

    policy: str
    n_patients: int
    n_achievable: int
    """Patients with at least one achievable point: those behind the shares."""
    shares: dict[int, Estimate | None]
    """Trials -> share of achievable relief at the recommended settings, a ratio of sums."""
    share_while_searching: Estimate | None
    """The same over everything tried: what the patients lived through."""
    final_nrs: Estimate
    """Relief at the last recommendation, in points, all patients."""
    final_intolerable: float
    """Share of patients whose last recommendation is truly above the tolerability limit."""
    exposures: Estimate
    """Trials a patient spent above the tolerability limit, on the true expected grade."""
    severe_exposures: Estimate
    coverage_90: Estimate | None
    """Share of ratings inside their predicted central 90 % interval; None without predictions."""
    n_breaches: int
    n_holds: int
    n_stops: int
    """Patients whose search was ended."""
    n_failures: int
    ask_median_s: float
    ask_p95_s: float
    ask_max_s: float


def summarise(traces: Sequence[Trace]) -> list[Summary]:
    """Return one summary a policy, by name.

    Args:
        traces: Of one scenario and one number of trials, each patient and seed at most once a policy.

    Returns:
        The summaries; seeds of one patient are kept together when patients are resampled.
    """
    policies = sorted({trace.policy for trace in traces})
    return [_summary(name, [trace for trace in traces if trace.policy == name]) for name in policies]


def _summary(name: str, traces: list[Trace]) -> Summary:
    traces = sorted(traces, key=lambda trace: (trace.patient, trace.seed))
    patients = np.array([trace.patient for trace in traces])
    achievable = np.array([trace.achievable_nrs for trace in traces])
    kept = np.array([trace.recommended_nrs for trace in traces])
    tried = np.array([trace.tried_nrs for trace in traces])
    grade = np.array([trace.tried_grade for trace in traces])
    last_grade = np.array([trace.recommended_grade[-1] for trace in traces])
    limit = np.array([trace.limit_grade for trace in traces])[:, None]
    severe = np.array([trace.severe_grade for trace in traces])[:, None]
    counts = achievable >= ACHIEVABLE_NRS
    asked = np.concatenate([np.array(trace.ask_s) for trace in traces])
    ones = np.ones(len(traces))
    return Summary(
        policy=name,
        n_patients=len(set(patients.tolist())),
        n_achievable=len(set(patients[counts].tolist())),
        shares={
            after: ratio(kept[counts, after - 1], achievable[counts], patients[counts])
            for after in REPORTED_TRIALS
            if after <= kept.shape[1]
        },
        share_while_searching=ratio(tried[counts].mean(axis=1), achievable[counts], patients[counts]),
        final_nrs=mean(kept[:, -1], patients),
        final_intolerable=float((last_grade > limit[:, 0]).mean()),
        exposures=mean((grade > limit).sum(axis=1) * ones, patients),
        severe_exposures=mean((grade >= severe).sum(axis=1) * ones, patients),
        coverage_90=ratio(
            np.array([sum(trace.covered) for trace in traces if trace.covered]),
            np.array([float(len(trace.covered)) for trace in traces if trace.covered]),
            np.array([trace.patient for trace in traces if trace.covered], dtype=np.int64),
        ),
        n_breaches=sum(trace.n_breaches for trace in traces),
        n_holds=sum(trace.decisions.count("hold") for trace in traces),
        n_stops=sum("stop" in trace.decisions for trace in traces),
        n_failures=sum(bool(trace.failure) for trace in traces),
        ask_median_s=float(np.median(asked)) if len(asked) else 0.0,
        ask_p95_s=float(np.quantile(asked, 0.95)) if len(asked) else 0.0,
        ask_max_s=float(asked.max()) if len(asked) else 0.0,
    )


def mean(values: Array, patients: NDArray[np.int64]) -> Estimate:
    """Return the mean over runs, ``(r,)``, with its interval over patients, ``(r,)``."""
    found = ratio(values, np.ones(len(values)), patients)
    if found is None:
        raise ValueError("a mean needs at least one run")
    return found


def ratio(above: Array, below: Array, patients: NDArray[np.int64]) -> Estimate | None:
    """Return the ratio of sums over runs with its interval.

    Args:
        above: ``(r,)`` numerators.
        below: ``(r,)`` denominators, positive.
        patients: ``(r,)`` whom each run is about.

    Returns:
        The ratio and its percentile-bootstrap 95 % interval over patients; None without runs.
    """
    if not len(above):
        return None
    _, which = np.unique(patients, return_inverse=True)
    sums = np.stack([np.bincount(which, above), np.bincount(which, below)])
    n = sums.shape[1]
    resampled = sums[:, np.random.default_rng(0).integers(n, size=(N_BOOTSTRAP, n))].sum(axis=2)
    low, high = np.quantile(resampled[0] / resampled[1], [0.025, 0.975])
    return Estimate(value=float(above.sum() / below.sum()), low=float(low), high=float(high))
