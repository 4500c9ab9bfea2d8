"""How good the best known settings are after so many trials, policy by policy, with intervals."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000")
"""Okabe and Ito: told apart by most eyes and in grey."""
STYLES = ("-", "--", "-.", ":")


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
    curves: Sequence[Curve], *, title: str, value: str, reached: float | None = None, reached_label: str = ""
) -> Figure:
    """Draw learning curves.

    Args:
        curves: One per policy, the one of interest first: it is drawn on top and strongest.
        title: What was compared, on whom.
        value: What the curves show.
        reached: A level to compare with, for example the best there is; None for none.
        reached_label: Its name.

    Returns:
        One panel, a line and a band per policy, named in a legend in the order given.
    """
    figure = Figure(figsize=(8.2, 5.0), layout="constrained")
    axes = figure.subplots()
    for order, curve in enumerate(curves):
        color, first = COLORS[order % len(COLORS)], order == 0
        axes.fill_between(curve.trials, curve.low, curve.high, color=color, alpha=0.16, linewidth=0)
        axes.plot(
            curve.trials,
            curve.mean,
            color=color,
            linestyle=STYLES[order % len(STYLES)],
            linewidth=2.8 if first else 1.8,
            zorder=3 if first else 2,
            label=curve.label,
        )
    if reached is not None:
        axes.axhline(
            reached, color="#666666", linewidth=1.0, linestyle=(0, (1, 2)), label=reached_label or None
        )
    axes.set_title(title, fontsize=12, loc="left")
    axes.set_xlabel("trial")
    axes.set_ylabel(value)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.25)
    axes.margins(x=0.01)
    axes.legend(frameon=False, fontsize=10, loc="best")
    return figure
