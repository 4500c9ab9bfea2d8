"""The figures of a comparison: one look a policy in all of them."""

import io
from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from optimizer.evaluate.metrics.estimate import Estimate, mean
from optimizer.evaluate.metrics.summary import Summary, by_policy, patients_of, share_of
from optimizer.evaluate.report.comparison import Compared
from optimizer.evaluate.report.words import label
from optimizer.evaluate.trace import Trace
from optimizer.figures.calibration import Predicted, calibration_figure
from optimizer.figures.exposures import Exposed, Measured, Traded, exposures_figure, tradeoff_figure
from optimizer.figures.latency import Timed, latency_figure
from optimizer.figures.learning_curve import Curve, learning_curve_figure

SHARE = "share of achievable relief"
POINTS = "relief, points"


def figures(found: Compared) -> dict[str, Figure]:
    """Return every figure that has something to show, by a short name."""
    where = f"{found.scenario}, {found.cohort}"
    drawn = {}
    if found.helped:
        drawn["learning"] = learning_curve_figure(
            learning_curves(found),
            title=f"What is recommended after so many trials: {where}",
            value=_worth(found),
            reached=1.0 if found.shared else None,
            reached_label="best settings there are",
        )
        drawn["tradeoff"] = tradeoff_figure(
            _traded(found),
            title=f"What is reached, and what is borne for it: {where}",
            worth=f"{_worth(found)} after {found.n_trials} trials",
        )
    drawn["exposures"] = exposures_figure(_exposed(found), title=f"Too much stimulation: {where}")
    predicted = [_predicted(summary) for summary in found.summaries if summary.calibration]
    if predicted:
        drawn["calibration"] = calibration_figure(predicted, title=f"Predicted before, rated after: {where}")
    drawn["latency"] = latency_figure(
        [
            Timed(label=found.name(s), median_s=s.ask_median_s, p95_s=s.ask_p95_s, max_s=s.ask_max_s)
            for s in found.summaries
        ],
        title="How long an answer takes",
    )
    return drawn


def svg(figure: Figure) -> bytes:
    """Return a figure as SVG, letters as paths: the same bytes for the same figure, whatever fonts a reader has."""
    with mpl.rc_context({"svg.hashsalt": "titrate", "svg.fonttype": "path"}):
        file = io.BytesIO()
        figure.savefig(file, format="svg", metadata={"Date": None})
    return file.getvalue()


def learning_curves(found: Compared) -> list[Curve]:
    """Return a curve a policy: a share where anybody has a point to gain, else points."""
    runs = by_policy(found.traces)
    return [
        _curve(found.name(summary), runs[summary.policy], shared=found.shared) for summary in found.summaries
    ]


def _curve(name: str, traces: Sequence[Trace], *, shared: bool) -> Curve:
    entries = []
    for after in range(1, len(traces[0].decisions) + 1):
        if shared:
            entry = share_of(traces, after).estimate()
        else:
            kept = np.array([trace.recommended_nrs[after - 1] for trace in traces])
            entry = mean(kept, patients_of(traces))
        if entry is not None:
            entries.append((after, entry))
    return Curve(
        label=name,
        trials=tuple(after for after, _ in entries),
        mean=tuple(entry.value for _, entry in entries),
        low=tuple(entry.low for _, entry in entries),
        high=tuple(entry.high for _, entry in entries),
    )


def _worth(found: Compared) -> str:
    return SHARE if found.shared else POINTS


def _traded(found: Compared) -> list[Traded]:
    runs = by_policy(found.traces)
    entries = []
    for summary in found.summaries:
        final = (
            share_of(runs[summary.policy], found.n_trials).estimate() if found.shared else summary.final_nrs
        )
        if final is not None and summary.exposures is not None:
            entries.append(
                Traded(
                    label=found.name(summary),
                    exposures=_measured(summary.exposures),
                    worth=_measured(final),
                )
            )
    return entries


def _exposed(found: Compared) -> list[Exposed]:
    return [
        Exposed(label=found.name(s), above=_measured(s.exposures), severe=_measured(s.severe_exposures))
        for s in found.summaries
        if s.exposures is not None and s.severe_exposures is not None
    ]


def _predicted(summary: Summary) -> Predicted:
    held = summary.calibration
    if held is None:
        raise ValueError("a policy without predictions has no calibration to draw")
    levels = ((0.5, held.coverage_50), (0.9, held.coverage_90))
    return Predicted(
        label=label(summary.policy),
        pit=held.pit,
        coverage=tuple((level, share.value, share.low, share.high) for level, share in levels),
        n_ratings=held.n_ratings,
    )


def _measured(found: Estimate) -> Measured:
    return Measured(value=found.value, low=found.low, high=found.high)
