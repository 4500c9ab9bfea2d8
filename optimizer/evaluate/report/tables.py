"""A comparison as tables of text; Markdown and the page show the same ones."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from optimizer.evaluate.metrics.calibration import Calibration
from optimizer.evaluate.metrics.paired import Difference, differences
from optimizer.evaluate.metrics.summary import (
    ACHIEVABLE_NRS,
    ENOUGH_PATIENTS,
    REPORTED_TRIALS,
    RESPONDER_NRS,
    Summary,
)
from optimizer.evaluate.report.words import by_reason, estimate, is_ours, label, percent, signed
from optimizer.evaluate.trace import Trace
from optimizer.stopping.gain import NOTICEABLE_NRS


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Text cells under a heading; the first column names the policy."""

    heading: str
    says: str
    """What the figures are, in a sentence or two."""
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def tables(traces: Sequence[Trace], summaries: Sequence[Summary]) -> list[Table]:
    """Return every table that has something to say.

    Args:
        traces: Of one scenario and one number of trials.
        summaries: Of these traces, in the order of the rows.

    Returns:
        Worth, cost, what a clinic notices, predictions, effort, and paired differences.
    """
    n_trials = len(traces[0].decisions)
    found = [
        _worth(summaries, n_trials),
        _cost(summaries),
        _noticed(summaries),
        _predictions(summaries),
        _effort(summaries),
        *_paired(traces, summaries, n_trials),
    ]
    return [_without_empty_columns(table) for table in found if table.rows]


def _reported(n_trials: int) -> list[int]:
    return [after for after in REPORTED_TRIALS if after <= n_trials]


def _without_empty_columns(table: Table) -> Table:
    """Leave out what nobody has, for example claims where no patient is one whom nothing helps."""
    kept = [place for place in range(len(table.columns)) if any(row[place] for row in table.rows)]
    return replace(
        table,
        columns=tuple(table.columns[place] for place in kept),
        rows=tuple(tuple(row[place] for place in kept) for row in table.rows),
    )


def _worth(summaries: Sequence[Summary], n_trials: int) -> Table:
    reported = _reported(n_trials)
    return Table(
        heading="What it was worth",
        says="Share of the achievable setting-dependent relief at the recommended settings after so many trials (ratio of"
        f" sums, patients with at least {ACHIEVABLE_NRS:g} achievable point; the others count in points), and of everything"
        " tried on the way: what the patients lived through. The first trial is the start.",
        columns=(
            "policy", "patients", *(f"after {after}" for after in reported), "while searching",
            "points at the end, all", f"points, those under {ACHIEVABLE_NRS:g}",
        ),
        rows=tuple(
            (label(s.policy), f"{s.n_achievable} of {s.n_patients}", *(estimate(s.shares[n]) for n in reported),
             estimate(s.share_while_searching), estimate(s.final_nrs), estimate(s.final_nrs_small))
            for s in summaries
        ),
    )  # fmt: skip


def _cost(summaries: Sequence[Summary]) -> Table:
    return Table(
        heading="What it cost",
        says="Trials a patient spent above the tolerability limit and at a severe grade, on the true expected grade; patients"
        " in 100 whose last recommendation is truly above the limit; trials past a hard limit or the envelope, all patients"
        " (must be 0); proposals in 100 with a parameter at an end of the envelope; charge per second of the last"
        " recommendation, and that over the least charge that relieves as much. Rungs of ramps count as trials.",
        columns=(
            "policy", "above the limit", "severe", "kept above the limit, %", "breaches", "at the edge, %", "uC/s",
            "over the least",
        ),
        rows=tuple(
            (label(s.policy), estimate(s.exposures), estimate(s.severe_exposures), percent(s.final_intolerable),
             str(s.n_breaches), percent(s.at_edge), estimate(s.uc_per_s, 0),
             estimate(s.excess_charge))
            for s in summaries
        ),
    )  # fmt: skip


def _noticed(summaries: Sequence[Summary]) -> Table:
    return Table(
        heading="What a clinic notices",
        says=f"Trials after the start until tolerable settings truly relieved {NOTICEABLE_NRS:g} point more than the start"
        " (median), and patients in 100 in whom that was met, of those who have such settings. Patients in 100 for whom the"
        " policy claims a benefit at the end (its 90 % interval of the recommendation's relief over the start lies above 0):"
        f" of those with at least {RESPONDER_NRS:g} achievable points, and of those whom nothing helps.",
        columns=("policy", "visits", "met, %", "benefit claimed, %", "claimed of nothing, %"),
        rows=tuple(
            (label(s.policy), estimate(s.visits_to_notice, 0), percent(s.noticed), percent(s.claims_responders),
             percent(s.claims_null))
            for s in summaries
        ),
    )  # fmt: skip


def _predictions(summaries: Sequence[Summary]) -> Table:
    return Table(
        heading="Whether predictions held",
        says="Ratings predicted before they were given: in 100, how many fell into the central 50 % and 90 % interval"
        " (randomised PIT, its mean over the draw), and the continuous ranked probability score (CRPS, points, less is"
        " better) beside that of the patient's own mean so far with the spread that serves it best. Policies that predict"
        " nothing are left out.",
        columns=("policy", "ratings", "in 50 %", "in 90 %", "CRPS", "CRPS of the mean", "better by, %"),
        rows=tuple(_calibration_row(s.policy, s.calibration) for s in summaries if s.calibration is not None),
    )


def _calibration_row(policy: str, found: Calibration) -> tuple[str, ...]:
    return (
        label(policy), str(found.n_ratings), percent(found.coverage_50), percent(found.coverage_90),
        estimate(found.crps), estimate(found.baseline_crps), percent(found.skill),
    )  # fmt: skip


def _effort(summaries: Sequence[Summary]) -> Table:
    return Table(
        heading="Holds, stops, failures, time",
        says="Trials in 100 that were holds, by reason; share of patients whose search was ended, by reason; runs in which"
        " the policy failed; time of an ask in seconds.",
        columns=("policy", "holds", "stops", "failures", "ask, median", "95 %", "longest"),
        rows=tuple(
            (label(s.policy), by_reason(s.holds), by_reason(s.stops, 2), str(s.n_failures),
             f"{s.ask_median_s:.3f}", f"{s.ask_p95_s:.3f}", f"{s.ask_max_s:.3f}")
            for s in summaries
        ),
    )  # fmt: skip


def _paired(traces: Sequence[Trace], summaries: Sequence[Summary], n_trials: int) -> list[Table]:
    """Ours less every other; nothing where ours was not compared."""
    reported = _reported(n_trials)
    found = []
    for ours in [s.policy for s in summaries if is_ours(s.policy)]:
        entries = {entry.less: entry for entry in differences(traces, ours)}
        ordered = [entries[s.policy] for s in summaries if s.policy in entries]
        found.append(
            Table(
                heading=f"{label(ours)} less the others",
                says="On the same patients with the same luck: a negative number of exposures speaks for"
                f" {label(ours)}, so does a positive share. Strong: on at least"
                f" {ENOUGH_PATIENTS} patients, and the interval excludes 0.",
                columns=(
                    "less", "patients", *(f"after {after}" for after in reported), "while searching",
                    "above the limit", "severe",
                ),
                rows=tuple(_difference_row(entry, reported) for entry in ordered),
            )
        )  # fmt: skip
    return found


def _difference_row(entry: Difference, reported: Sequence[int]) -> tuple[str, ...]:
    found = (
        *(entry.shares[n] for n in reported),
        entry.share_while_searching,
        entry.exposures,
        entry.severe_exposures,
    )
    strong = entry.n_patients >= ENOUGH_PATIENTS
    return (label(entry.less), str(entry.n_patients), *(signed(value, strong=strong) for value in found))
