"""What a policy was worth and what it cost, over the patients it met."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from optimizer.evaluate.metrics.calibration import Calibration, calibration
from optimizer.evaluate.metrics.estimate import Array, Estimate, Patients, Sums, mean, median, sums
from optimizer.evaluate.trace import Trace
from optimizer.stopping.gain import NOTICEABLE_NRS

REPORTED_TRIALS: Final = (5, 10, 15, 20, 30)
ACHIEVABLE_NRS: Final = 1.0
"""A patient with less to gain counts in points, not in shares."""
ENOUGH_PATIENTS: Final = 200
"""Patients from which a difference may be claimed."""
NULL_NRS: Final = 0.05
"""Achievable relief up to which no setting helps: a benefit claimed is claimed of nothing."""
RESPONDER_NRS: Final = 2.0
"""Achievable relief from which a benefit should be found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """One policy over all its patients; None where no patient or no answer of the kind was met."""

    policy: str
    n_patients: int
    n_achievable: int
    """Patients with at least one achievable point: those behind the shares."""
    shares: dict[int, Estimate | None]
    """Trials -> share of achievable relief at the recommended settings, a ratio of sums."""
    share_while_searching: Estimate | None
    """The same over everything tried: what the patients lived through."""
    final_nrs: Estimate | None
    """Relief at the last recommendation in points, all patients."""
    final_nrs_small: Estimate | None
    """The same of patients with less than one achievable point, who have no share."""
    final_intolerable: Estimate | None
    """Share of patients whose last recommendation is truly above the tolerability limit."""
    exposures: Estimate | None
    """Trials a patient spent above the tolerability limit, on the true expected grade; rungs of ramps count as well."""
    severe_exposures: Estimate | None
    n_breaches: int
    """Trials past a hard limit or the envelope, all patients; anything but 0 is a defect."""
    noticed: Estimate | None
    """Share of patients in whom a noticeable, tolerable improvement over the start was met, of those who have one."""
    visits_to_notice: Estimate | None
    """Median trials until then, the start not counted; infinite where half of them never met it."""
    at_edge: Estimate | None
    """Share of proposals with an ordered parameter at an end of the envelope."""
    calibration: Calibration | None
    claims_null: Estimate | None
    """Share of patients nothing helps for whom a benefit was claimed at the end; None where a policy claims nothing."""
    claims_responders: Estimate | None
    """Share of patients with at least two achievable points for whom a benefit was claimed at the end."""
    uc_per_s: Estimate | None
    """Charge per second of the last recommendation."""
    excess_charge: Estimate | None
    """The same over that of the cheapest legal, tolerable settings that relieve as much, a ratio of sums; 1 is the least."""
    holds: dict[str, Estimate | None]
    """Reason -> trials of 100 that were holds for it."""
    stops: dict[str, Estimate | None]
    """Reason -> share of patients whose search ended for it."""
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
    return [_summary(name, entries) for name, entries in by_policy(traces).items()]


def by_policy(traces: Sequence[Trace]) -> dict[str, list[Trace]]:
    """Return the traces of each policy, policies by name, runs by patient and seed."""
    found: dict[str, list[Trace]] = {name: [] for name in sorted({trace.policy for trace in traces})}
    for trace in sorted(traces, key=lambda trace: (trace.patient, trace.seed)):
        found[trace.policy].append(trace)
    return found


def share_of(traces: Sequence[Trace], after: int) -> Sums:
    """Return relief at the recommended settings after so many trials, over what was achievable, where that is a point."""
    counted = [trace for trace in traces if trace.achievable_nrs >= ACHIEVABLE_NRS]
    return sums(
        np.array([trace.recommended_nrs[after - 1] for trace in counted]),
        np.array([trace.achievable_nrs for trace in counted]),
        patients_of(counted),
    )


def share_while_searching(traces: Sequence[Trace]) -> Sums:
    """Return mean relief over everything tried, over what was achievable, where that is a point."""
    counted = [trace for trace in traces if trace.achievable_nrs >= ACHIEVABLE_NRS]
    return sums(
        np.array([float(np.mean(trace.tried_nrs)) for trace in counted]),
        np.array([trace.achievable_nrs for trace in counted]),
        patients_of(counted),
    )


def exposures(traces: Sequence[Trace]) -> Sums:
    """Return trials a patient spent above the tolerability limit, and rungs of ramps passed there."""
    return _per_run(
        traces, [sum(g > t.limit_grade for g in t.tried_grade) + t.n_rung_exposures for t in traces]
    )


def severe_exposures(traces: Sequence[Trace]) -> Sums:
    """Return trials a patient spent at a severe grade, and rungs of ramps passed there."""
    return _per_run(
        traces, [sum(g >= t.severe_grade for g in t.tried_grade) + t.n_rung_severe for t in traces]
    )


def patients_of(traces: Sequence[Trace]) -> Patients:
    """Return whom each run is about, ``(r,)``."""
    return np.array([trace.patient for trace in traces], dtype=np.int64)


def visits_to_notice(trace: Trace) -> float:
    """Return how many trials after the start it took until tolerable settings truly relieved noticeably more; or infinity."""
    for visit, (relief, grade) in enumerate(zip(trace.tried_nrs, trace.tried_grade, strict=True)):
        if grade <= trace.limit_grade and relief >= trace.tried_nrs[0] + NOTICEABLE_NRS:
            return float(visit)
    return float("inf")


def claims(trace: Trace) -> bool:
    """Return whether the policy ends with a recommendation whose stated interval lies above no relief at all."""
    last = trace.claims[-1]
    return last is not None and last.low > 0.0


def _summary(name: str, traces: list[Trace]) -> Summary:
    n_trials = len(traces[0].decisions)
    achievable = [trace for trace in traces if trace.achievable_nrs >= ACHIEVABLE_NRS]
    small = [trace for trace in traces if trace.achievable_nrs < ACHIEVABLE_NRS]
    improvable = [t for t in traces if t.achievable_nrs >= t.tried_nrs[0] + NOTICEABLE_NRS]
    visits = np.array([visits_to_notice(trace) for trace in improvable])
    asked = np.concatenate([np.array(trace.ask_s) for trace in traces])
    return Summary(
        policy=name,
        n_patients=len({trace.patient for trace in traces}),
        n_achievable=len({trace.patient for trace in achievable}),
        shares={n: share_of(traces, n).estimate() for n in REPORTED_TRIALS if n <= n_trials},
        share_while_searching=share_while_searching(traces).estimate(),
        final_nrs=_mean(traces, [trace.recommended_nrs[-1] for trace in traces]),
        final_nrs_small=_mean(small, [trace.recommended_nrs[-1] for trace in small]),
        final_intolerable=_mean(traces, [t.recommended_grade[-1] > t.limit_grade for t in traces]),
        exposures=exposures(traces).estimate(),
        severe_exposures=severe_exposures(traces).estimate(),
        n_breaches=sum(trace.n_breaches for trace in traces),
        noticed=_mean(improvable, np.isfinite(visits)),
        visits_to_notice=median(visits, patients_of(improvable)),
        at_edge=_edge(traces).estimate(),
        calibration=calibration(traces),
        claims_null=_claimed(traces, [t for t in traces if t.achievable_nrs <= NULL_NRS]),
        claims_responders=_claimed(traces, [t for t in traces if t.achievable_nrs >= RESPONDER_NRS]),
        uc_per_s=_mean(traces, [trace.recommended_uc_per_s[-1] for trace in traces]),
        excess_charge=_excess_charge([trace for trace in traces if trace.cheapest_uc_per_s]).estimate(),
        holds=_holds(traces),
        stops=_stops(traces),
        n_failures=sum(bool(trace.failure) for trace in traces),
        ask_median_s=float(np.median(asked)) if len(asked) else 0.0,
        ask_p95_s=float(np.quantile(asked, 0.95)) if len(asked) else 0.0,
        ask_max_s=float(asked.max()) if len(asked) else 0.0,
    )


def _per_run(traces: Sequence[Trace], values: Sequence[float] | Array) -> Sums:
    return sums(np.array(values, dtype=np.float64), np.ones(len(traces)), patients_of(traces))


def _mean(traces: Sequence[Trace], values: Sequence[float] | Array) -> Estimate | None:
    return mean(np.array(values, dtype=np.float64), patients_of(traces))


def _edge(traces: Sequence[Trace]) -> Sums:
    """Return proposals at an end of the envelope, over all proposals."""
    proposed = [[kind == "proposal" for kind in trace.decisions] for trace in traces]
    ends = [
        sum(map(bool.__and__, asked, trace.at_edge)) for asked, trace in zip(proposed, traces, strict=True)
    ]
    return sums(
        np.array(ends, dtype=np.float64),
        np.array([sum(asked) for asked in proposed], dtype=np.float64),
        patients_of(traces),
    )


def _excess_charge(traces: Sequence[Trace]) -> Sums:
    """Return charge per second of the last recommendation, over the least that relieves as much."""
    return sums(
        np.array([trace.recommended_uc_per_s[-1] for trace in traces]),
        np.array([trace.cheapest_uc_per_s[-1] for trace in traces]),
        patients_of(traces),
    )


def _claimed(everyone: Sequence[Trace], traces: Sequence[Trace]) -> Estimate | None:
    """Return the share of runs that end with a claim; None for a policy that never states an interval."""
    if not any(interval is not None for trace in everyone for interval in trace.claims):
        return None
    return _mean(traces, [claims(trace) for trace in traces])


def _holds(traces: Sequence[Trace]) -> dict[str, Estimate | None]:
    n_trials = len(traces[0].decisions)
    return {
        reason: _mean(
            traces, [100.0 * _count(trace, "hold", reason) / max(n_trials - 1, 1) for trace in traces]
        )
        for reason in _reasons(traces, "hold")
    }


def _stops(traces: Sequence[Trace]) -> dict[str, Estimate | None]:
    return {
        reason: _mean(traces, [_count(trace, "stop", reason) > 0 for trace in traces])
        for reason in _reasons(traces, "stop")
    }


def _reasons(traces: Sequence[Trace], kind: str) -> list[str]:
    return sorted(
        {
            reason
            for trace in traces
            for decided, reason in zip(trace.decisions, trace.reasons, strict=True)
            if decided == kind
        }
    )


def _count(trace: Trace, kind: str, reason: str) -> int:
    return list(zip(trace.decisions, trace.reasons, strict=True)).count((kind, reason))
