"""How good the best known settings are after so many trials, policy by policy, with intervals."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from optimizer.figures.palette import FAINT, frame, look, spread

FEW = 6
"""Curves up to which their bands can be told apart; of more, the first two have bands and the others a bar at their end."""
BANDS_OF_MANY = 2
BAR_APART = 0.022
"""From one bar to the next, as a share of the trials."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One policy; equally long tuples, one entry per number of trials."""

    label: str
    trials: tuple[int, ...]
    mean: tuple[float, ...]
    low: tuple[float, ...]
    """Lower end of the interval of the mean."""
    high: tuple[float, ...]


def learning_curve_figure(
    curves: Sequence[Curve],
    *,
    title: str,
    value: str,
    along: str = "trial",
    reached: float | None = None,
    reached_label: str = "",
) -> Figure:
    """Draw learning curves.

    Args:
        curves: One per policy, the one of interest first: it is drawn on top and strongest.
        title: What was compared, on whom.
        value: What the curves show.
        along: What is counted from left to right.
        reached: A level to compare with, for example the best there is; None for none.
        reached_label: Its name.

    Returns:
        One panel, a line and a band per policy, each named where its line ends.
    """
    figure = Figure(figsize=(9.6, 5.4), layout="constrained")
    axes = figure.subplots()
    for order, curve in enumerate(curves):
        seen = look(order)
        _interval(axes, curve, order, has_band=len(curves) <= FEW or order < BANDS_OF_MANY)
        axes.plot(
            curve.trials,
            curve.mean,
            color=seen.color,
            linestyle=seen.style,
            linewidth=seen.width,
            zorder=seen.layer,
            label=curve.label,
        )
    if reached is not None:
        axes.axhline(reached, color=FAINT, linewidth=1.0, linestyle=(0, (1, 2)))
        first = min((curve.trials[0] for curve in curves if curve.trials), default=0)
        axes.annotate(
            reached_label, (first, reached), (0, 3), textcoords="offset points", fontsize=11, color=FAINT
        )
    axes.set_xlabel(along, fontsize=12)
    axes.set_ylabel(value, fontsize=12)
    axes.tick_params(labelsize=11)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    frame(axes, title, grid="y")
    axes.margins(x=0.01)
    last = max((curve.trials[-1] for curve in curves if curve.trials), default=0)
    axes.set_xticks([tick for tick in axes.get_xticks() if 0 < tick <= last])
    _name(axes, curves)
    return figure


def _interval(axes: Axes, curve: Curve, order: int, *, has_band: bool) -> None:
    """Draw the interval all along the curve, or at its end alone."""
    color = look(order).color
    if has_band:
        axes.fill_between(curve.trials, curve.low, curve.high, color=color, alpha=0.16, linewidth=0)
    elif curve.trials:
        end = curve.trials[-1] * (1.0 + BAR_APART * (order - BANDS_OF_MANY + 1))
        axes.vlines(end, curve.low[-1], curve.high[-1], color=color, linewidth=2.2)


def _name(axes: Axes, curves: Sequence[Curve]) -> None:
    """Write each name where its curve ends, apart from the others."""
    named = [(order, curve) for order, curve in enumerate(curves) if curve.trials]
    bottom, top = axes.get_ylim()
    heights = spread([curve.mean[-1] for _, curve in named], gap=0.05 * (top - bottom))
    for (order, curve), height in zip(named, heights, strict=True):
        axes.annotate(
            curve.label,
            (1.0, height),
            (8, 0),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            color=look(order).color,
            fontsize=12,
            fontweight="bold" if order == 0 else "normal",
            verticalalignment="center",
            annotation_clip=False,
        )
