"""What a synthetic patient really lived through: true relief and true discomfort of everything that was tried."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

RELIEF = "#0072b2"
KEPT = "#009e73"
TOLERABLE = "#555555"
INTOLERABLE = "#d55e00"
SEVERE = "#8b1a1a"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lived:
    """One trial as it truly was."""

    relief_nrs: float
    """Expected relief that depends on the settings."""
    kept_relief_nrs: float
    """The same at the settings recommended after this trial."""
    grade: float
    """Expected grade of the worst side effect."""


def lived_through_figure(
    trials: Sequence[Lived], *, best_relief_nrs: float, limit_grade: float, severe_grade: float
) -> Figure:
    """Draw true relief and true side effects over trials.

    Args:
        trials: In the order they were applied.
        best_relief_nrs: Relief of the best tolerable settings there are.
        limit_grade: Grade above which a side effect is intolerable.
        severe_grade: Grade from which it is severe.

    Returns:
        Two panels over trial numbers: relief against the best there is, and the grade against its limits.
    """
    numbers = list(range(1, len(trials) + 1))
    figure = Figure(figsize=(9.0, 5.6), layout="constrained")
    top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    top.axhline(
        best_relief_nrs, color="#333333", linewidth=1.2, linestyle="--", label="best tolerable settings"
    )
    top.step(
        numbers,
        [t.kept_relief_nrs for t in trials],
        where="mid",
        color=KEPT,
        linewidth=2.6,
        label="recommended so far",
    )
    top.plot(numbers, [t.relief_nrs for t in trials], "o", color=RELIEF, markersize=7, label="tried")
    top.set_ylabel("true relief, points")
    top.set_ylim(min(0.0, *(t.relief_nrs for t in trials)) - 0.2, best_relief_nrs * 1.12 + 0.2)
    colors = [
        SEVERE if t.grade >= severe_grade else INTOLERABLE if t.grade > limit_grade else TOLERABLE
        for t in trials
    ]
    bottom.bar(numbers, [t.grade for t in trials], color=colors, width=0.7)
    bottom.axhline(limit_grade, color=INTOLERABLE, linewidth=1.2, linestyle="--", label="intolerable above")
    bottom.axhline(severe_grade, color=SEVERE, linewidth=1.2, linestyle=":", label="severe from")
    bottom.set_ylabel("true side effect, grade")
    bottom.set_ylim(0.0, 10.0)
    bottom.set_xlabel("trial")
    bottom.set_xlim(0.4, len(trials) + 0.6)
    bottom.xaxis.set_major_locator(MaxNLocator(integer=True))
    for axes in (top, bottom):
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="y", alpha=0.25)
    top.legend(frameon=False, fontsize=9, ncols=3, loc="lower right")
    bottom.legend(frameon=False, fontsize=9, ncols=2, loc="upper right")
    return figure
