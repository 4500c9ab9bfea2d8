"""Learning curves of a comparison."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from optimizer.evaluate.metrics.estimate import mean
from optimizer.evaluate.metrics.summary import by_policy, patients_of, share_of
from optimizer.evaluate.report.comparison import Compared
from optimizer.evaluate.report.words import label
from optimizer.evaluate.trace import Trace
from optimizer.figures.learning_curve import Curve, learning_curve_figure


def learning_figure(found: Compared) -> Figure:
    """Return relief at the recommended settings by trial, one curve a policy."""
    shared = _anyone_has_a_point(found)
    return learning_curve_figure(
        learning_curves(found),
        title=f"{found.scenario}: {found.n_patients} synthetic patients",
        value="share of achievable relief" if shared else "relief, points",
        reached=1.0 if shared else None,
        reached_label="best settings",
    )


def learning_curves(found: Compared) -> list[Curve]:
    """Return a curve a policy: a share where anybody has a point to gain, else points."""
    runs = by_policy(found.traces)
    shared = _anyone_has_a_point(found)
    return [_curve(summary.policy, runs[summary.policy], shared=shared) for summary in found.summaries]


def _anyone_has_a_point(found: Compared) -> bool:
    return any(summary.n_achievable for summary in found.summaries)


def _curve(policy: str, traces: Sequence[Trace], *, shared: bool) -> Curve:
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
        label=label(policy),
        trials=tuple(after for after, _ in entries),
        mean=tuple(entry.value for _, entry in entries),
        low=tuple(entry.low for _, entry in entries),
        high=tuple(entry.high for _, entry in entries),
    )
