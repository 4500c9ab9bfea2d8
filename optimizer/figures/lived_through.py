"""What a synthetic patient really lived through: true relief and true discomfort of everything that was tried."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from optimizer.figures.palette import INTOLERABLE, SEVERE

RELIEF = "#0072b2"
KEPT = "#009e73"
TOLERABLE = "#555555"


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
    figure = Figure(figsize=(9.0, 5.6), layout="constrained")
    top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    _relief(top, trials, best_relief_nrs)
    _grades(bottom, trials, limit_grade, severe_grade)
    bottom.set_xlabel("trial")
    bottom.set_xlim(0.4, len(trials) + 0.6)
    bottom.xaxis.set_major_locator(MaxNLocator(integer=True))
    for axes in (top, bottom):
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="y", alpha=0.25)
    return figure


def _relief(axes: Axes, trials: Sequence[Lived], best_relief_nrs: float) -> None:
    numbers = range(1, len(trials) + 1)
    kept, tried = [t.kept_relief_nrs for t in trials], [t.relief_nrs for t in trials]
    axes.axhline(
        best_relief_nrs, color="#333333", linewidth=1.2, linestyle="--", label="best tolerable settings"
    )
    axes.step(numbers, kept, where="mid", color=KEPT, linewidth=2.6, label="recommended so far")
    axes.plot(numbers, tried, "o", color=RELIEF, markersize=7, label="tried")
    axes.set_ylabel("true relief, points")
    axes.set_ylim(min(0.0, *tried) - 0.2, best_relief_nrs * 1.12 + 0.2)
    axes.legend(frameon=False, fontsize=9, ncols=3, loc="lower right")


def _grades(axes: Axes, trials: Sequence[Lived], limit_grade: float, severe_grade: float) -> None:
    grades = [t.grade for t in trials]
    colors = [
        SEVERE if grade >= severe_grade else INTOLERABLE if grade > limit_grade else TOLERABLE
        for grade in grades
    ]
    axes.bar(range(1, len(trials) + 1), grades, color=colors, width=0.7)
    axes.axhline(limit_grade, color=INTOLERABLE, linewidth=1.2, linestyle="--", label="intolerable above")
    axes.axhline(severe_grade, color=SEVERE, linewidth=1.2, linestyle=":", label="severe from")
    axes.set_ylabel("true side effect, grade")
    axes.set_ylim(0.0, 10.0)
    axes.legend(frameon=False, fontsize=9, ncols=2, loc="upper right")
