"""A comparison as a Markdown table and learning curves."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from optimizer.evaluate.metrics import ACHIEVABLE_NRS, REPORTED_TRIALS, Estimate, Summary, ratio, summarise
from optimizer.evaluate.run import Trace
from optimizer.figures.learning_curve import Curve, learning_curve_figure


def markdown(traces: Sequence[Trace], *, command: str) -> str:
    """Return what came out, as a page.

    Args:
        traces: Of one scenario and one number of trials.
        command: What made them, so that it can be run again.

    Returns:
        Two tables, one line a policy: what it was worth, and what it cost.
    """
    summaries = summarise(traces)
    n_trials = len(traces[0].decisions)
    trials = [after for after in REPORTED_TRIALS if after <= n_trials]
    worth = [
        ["policy", "patients", *(f"after {after}" for after in trials), "while searching", "relief, points"],
        *([_name(s), str(s.n_achievable), *(_share(s.shares[a]) for a in trials),
           _share(s.share_while_searching), _estimate(s.final_nrs)] for s in summaries),
    ]  # fmt: skip
    cost = [
        ["policy", "patients", "above the limit", "severe", "kept above the limit", "breaches", "holds",
         "stops", "failures", "90 % interval covers", "ask, s: median, 95 %, most"],
        *([_name(s), str(s.n_patients), _estimate(s.exposures), _estimate(s.severe_exposures),
           f"{100 * s.final_intolerable:.0f} %", str(s.n_breaches), str(s.n_holds), str(s.n_stops),
           str(s.n_failures), _share(s.coverage_90), f"{s.ask_median_s:.3f}, {s.ask_p95_s:.3f}, {s.ask_max_s:.3f}"]
          for s in summaries),
    ]  # fmt: skip
    return "\n".join(
        [
            f"# {traces[0].scenario}, {n_trials} trials",
            "",
            f"`{command}`",
            "",
            "Synthetic patients; nothing here is evidence of clinical benefit. Share of achievable setting-dependent",
            f"relief at the recommended settings (ratio of sums, patients with at least {ACHIEVABLE_NRS:g} achievable",
            "point), bootstrap 95 % intervals over patients. The first trial is the start.",
            "",
            *_table(worth),
            "",
            "Trials a patient spent above the tolerability limit and at a severe grade, on the true expected grade.",
            "",
            *_table(cost),
            "",
        ]
    )


def learning_curves(traces: Sequence[Trace]) -> list[Curve]:
    """Return the share of achievable relief by trial, one curve a policy, the most relief first."""
    curves = []
    for summary in sorted(summarise(traces), key=lambda entry: -entry.final_nrs.value):
        ours = [
            trace
            for trace in traces
            if trace.policy == summary.policy and trace.achievable_nrs >= ACHIEVABLE_NRS
        ]
        if not ours:
            continue
        kept = np.array([trace.recommended_nrs for trace in ours])
        achievable = np.array([trace.achievable_nrs for trace in ours])
        patients = np.array([trace.patient for trace in ours])
        found = [ratio(column, achievable, patients) for column in kept.T]
        points = [entry for entry in found if entry is not None]
        curves.append(
            Curve(
                label=_name(summary),
                trials=tuple(range(1, len(points) + 1)),
                mean=tuple(entry.value for entry in points),
                low=tuple(entry.low for entry in points),
                high=tuple(entry.high for entry in points),
            )
        )
    return curves


def save(traces: Sequence[Trace], folder: Path, *, command: str) -> tuple[Path, Path]:
    """Write page and picture into a folder and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{traces[0].scenario}-{len(traces[0].decisions)}"
    page, picture = folder / f"{stem}.md", folder / f"{stem}.png"
    page.write_text(markdown(traces, command=command), encoding="utf-8")
    figure = learning_curve_figure(
        learning_curves(traces),
        title=f"{traces[0].scenario}, {len({trace.patient for trace in traces})} synthetic patients",
        value="share of achievable relief, recommended settings",
        reached=1.0,
        reached_label="best settings",
    )
    figure.savefig(picture, dpi=150)
    return page, picture


def _table(rows: list[list[str]]) -> list[str]:
    head, *body = ["| " + " | ".join(row) + " |" for row in rows]
    return [head, "|" + "---|" * len(rows[0]), *body]


def _name(summary: Summary) -> str:
    return summary.policy.partition("/")[0]


def _share(estimate: Estimate | None) -> str:
    return "" if estimate is None else _estimate(estimate)


def _estimate(estimate: Estimate) -> str:
    return f"{estimate.value:.2f} ({estimate.low:.2f} to {estimate.high:.2f})"
