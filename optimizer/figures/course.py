"""A course so far, trial by trial: what was predicted, what the patient reported, what was set."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

PREDICTED = "#9a5b13"
REPORTED = "#1b4f72"
LIMIT = "#b03a2e"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialPoint:
    """One trial as plain numbers; what is not known is None or empty and is not drawn."""

    label: str
    """Configuration."""
    reported: tuple[float, ...]
    """Reports of the primary outcome."""
    predicted: tuple[float, float, float] | None
    """Mean, low and high of the 90 % interval."""
    worst_side_effect: float | None
    """Worst grade reported."""
    predicted_side_effect: tuple[float, float, float] | None
    """Mean, low and high of the 90 % interval."""
    amplitude_ma: float | None


def course_figure(
    trials: Sequence[TrialPoint],
    *,
    outcome: str,
    bounds: tuple[float, float],
    side_effect_limit: float | None,
    amplitude_range_ma: tuple[float, float] | None = None,
) -> Figure:
    """Draw a course: outcome, side effects and amplitude over trials.

    Args:
        trials: In the order they were applied.
        outcome: Name of the primary outcome.
        bounds: Lowest and highest value of its scale.
        side_effect_limit: Grade above which a side effect is intolerable; None where that does not apply.
        amplitude_range_ma: What the device can give. An amplitude past it is drawn at its edge with its number: one absurd
            entry must neither flatten the others nor overflow an axis. None draws all as they are.

    Returns:
        A figure of three panels over trial numbers; the caller saves or shows it.
    """
    figure = Figure(figsize=(9.0, 7.2), layout="constrained")
    top, middle, bottom = figure.subplots(3, 1, sharex=True, height_ratios=(3, 2, 1.6))
    _draw_outcome(top, trials, outcome, bounds)
    _draw_side_effects(middle, trials, side_effect_limit)
    _draw_amplitude(bottom, trials, amplitude_range_ma)
    bottom.set_xlabel("trial")
    bottom.xaxis.set_major_locator(MaxNLocator(integer=True))
    bottom.set_xlim(0.4, max(len(trials), 1) + 0.6)
    for axes in (top, middle, bottom):
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="y", alpha=0.25)
    return figure


def _draw_outcome(
    axes: Axes, trials: Sequence[TrialPoint], outcome: str, bounds: tuple[float, float]
) -> None:
    _draw_predictions(axes, [trial.predicted for trial in trials])
    means: list[tuple[int, float]] = []
    for number, trial in enumerate(trials, 1):
        if trial.reported:
            axes.scatter([number] * len(trial.reported), trial.reported, s=14, color=REPORTED, alpha=0.45)
            means.append((number, sum(trial.reported) / len(trial.reported)))
    if means:
        axes.plot(*zip(*means, strict=True), marker="o", color=REPORTED, label="reported (mean of the trial)")
    axes.set_ylabel(outcome)
    margin = 0.03 * (bounds[1] - bounds[0])
    axes.set_ylim(bounds[0] - margin, bounds[1] + margin)
    _legend(axes)


def _draw_side_effects(axes: Axes, trials: Sequence[TrialPoint], limit: float | None) -> None:
    _draw_predictions(axes, [trial.predicted_side_effect for trial in trials])
    worst = [
        (number, trial.worst_side_effect)
        for number, trial in enumerate(trials, 1)
        if trial.worst_side_effect is not None
    ]
    if worst:
        axes.plot(*zip(*worst, strict=True), marker="o", color=REPORTED, label="worst reported")
    if limit is not None:
        axes.axhline(limit, color=LIMIT, linestyle="--", linewidth=1, label="limit")
    axes.set_ylabel("side effect, grade")
    axes.set_ylim(-0.3, 10.3)
    _legend(axes)


def _draw_amplitude(axes: Axes, trials: Sequence[TrialPoint], range_ma: tuple[float, float] | None) -> None:
    low, high = range_ma or (-math.inf, math.inf)
    set_ma = [
        (number, min(max(trial.amplitude_ma, low), high))
        for number, trial in enumerate(trials, 1)
        if trial.amplitude_ma is not None
    ]
    axes.set_ylabel("amplitude, mA")
    if not set_ma:
        return
    numbers, amplitudes = zip(*set_ma, strict=True)
    axes.step(numbers, amplitudes, where="mid", color="#444444")
    axes.scatter(numbers, amplitudes, s=16, color="#444444")
    drawn = dict(set_ma)
    _mark_clipped(axes, trials, drawn)
    previous = ""
    for number, trial in enumerate(trials, 1):
        if trial.label and trial.label != previous and number in drawn:
            axes.annotate(
                trial.label,
                (number, drawn[number]),
                xytext=(0, 6),
                textcoords="offset points",
                ha="center",
                fontsize=8,
            )
        previous = trial.label
    axes.margins(y=0.35)


def _mark_clipped(axes: Axes, trials: Sequence[TrialPoint], drawn: Mapping[int, float]) -> None:
    """Mark what is drawn at the edge of the device's range, with the amplitude that was recorded."""
    clipped = [number for number in drawn if trials[number - 1].amplitude_ma != drawn[number]]
    if not clipped:
        return
    edges = [drawn[number] for number in clipped]
    label = "past the device's range, drawn at its edge"
    axes.scatter(clipped, edges, marker="D", color=LIMIT, label=label, zorder=3)
    for number, edge in zip(clipped, edges, strict=True):
        axes.annotate(
            f"{trials[number - 1].amplitude_ma:g} mA",
            (number, edge),
            xytext=(0, -12),
            textcoords="offset points",
            ha="center",
            fontsize=8,
            color=LIMIT,
        )
    _legend(axes)


def _draw_predictions(axes: Axes, predictions: Sequence[tuple[float, float, float] | None]) -> None:
    known = [
        (number, *prediction) for number, prediction in enumerate(predictions, 1) if prediction is not None
    ]
    if not known:
        return
    numbers, means, lows, highs = (list(column) for column in zip(*known, strict=True))
    # an interval may be skewed; matplotlib wants distances, never below zero
    below = [max(mean - low, 0.0) for mean, low in zip(means, lows, strict=True)]
    above = [max(high - mean, 0.0) for mean, high in zip(means, highs, strict=True)]
    axes.errorbar(
        [number + 0.15 for number in numbers],
        means,
        yerr=[below, above],
        fmt="s",
        markersize=4,
        capsize=3,
        color=PREDICTED,
        label="predicted for one report, 90 %",
    )


def _legend(axes: Axes) -> None:
    if axes.get_legend_handles_labels()[1]:
        axes.legend(loc="upper right", fontsize=8, frameon=False, ncols=3)
