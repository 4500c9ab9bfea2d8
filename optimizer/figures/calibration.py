"""Whether ratings fell where they were said to fall."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from optimizer.figures.palette import INK, look


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicted:
    """One policy's predictions of ratings."""

    label: str
    pit: tuple[float, ...]
    """Share of ratings in equal bins of the probability integral transform."""
    coverage: tuple[tuple[float, float, float, float], ...]
    """Level of a central interval, then the share of ratings inside it and the ends of that share's interval."""
    n_ratings: int


def calibration_figure(policies: Sequence[Predicted], *, title: str) -> Figure:
    """Draw the probability integral transform and the coverage of central intervals.

    Args:
        policies: At least one, the one of interest first.
        title: On whom.

    Returns:
        A histogram per policy, flat where predictions hold, and one panel of coverage.
    """
    n = len(policies)
    figure = Figure(figsize=(9.6, 3.9 if n == 1 else 2.1 + 1.7 * n), layout="constrained")
    grid = figure.add_gridspec(n, 2, width_ratios=(3, 2))
    for order, policy in enumerate(policies):
        _histogram(figure.add_subplot(grid[order, 0]), policy, look(order).color, named=n > 1)
    _coverage(figure.add_subplot(grid[:, 1]), policies)
    figure.suptitle(title, fontsize=14, x=0.01, horizontalalignment="left")
    return figure


def _histogram(axes: Axes, policy: Predicted, color: str, *, named: bool) -> None:
    n_bins = len(policy.pit)
    flat = 1.0 / n_bins
    axes.bar(
        [(place + 0.5) / n_bins for place in range(n_bins)],
        [share / flat for share in policy.pit],
        width=0.94 / n_bins,
        color=color,
        alpha=0.85,
    )
    axes.axhline(1.0, color=INK, linewidth=1.2, linestyle="--")
    axes.set_xlim(0.0, 1.0)
    axes.set_ylim(0.0, max(1.6, 1.1 * max(policy.pit) / flat))
    name = f"{policy.label}, " if named else ""
    axes.set_title(f"{name}{policy.n_ratings} ratings", fontsize=12, loc="left")
    axes.set_xlabel("where the rating fell in its prediction (PIT)", fontsize=11)
    axes.set_ylabel("density", fontsize=11)
    axes.spines[["top", "right"]].set_visible(False)


def _coverage(axes: Axes, policies: Sequence[Predicted]) -> None:
    levels = sorted({level for policy in policies for level, *_ in policy.coverage})
    for order, policy in enumerate(policies):
        offset = 0.14 * (order - (len(policies) - 1) / 2)
        for level, share, low, high in policy.coverage:
            axes.errorbar(
                [levels.index(level) + offset],
                [share],
                yerr=[[share - low], [high - share]],
                fmt=look(order).marker,
                color=look(order).color,
                markersize=10,
                elinewidth=2.0,
                capsize=4,
                label=policy.label if level == levels[0] else None,
            )
    for place, level in enumerate(levels):
        axes.hlines(
            level, place - 0.4, place + 0.4, color=INK, linewidth=1.2, linestyle="--",
            label="_" if place else "stated",
        )  # fmt: skip
    axes.set_xticks(range(len(levels)), [f"central {100 * level:.0f} %" for level in levels], fontsize=11)
    axes.set_xlim(-0.5, len(levels) - 0.5)
    axes.set_ylim(0.0, 1.02)
    axes.set_title("ratings inside the interval", fontsize=12, loc="left")
    axes.set_ylabel("share", fontsize=11)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=10, loc="lower right")
