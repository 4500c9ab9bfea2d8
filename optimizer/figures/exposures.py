"""How often patients were made to feel too much, policy by policy, with intervals."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from optimizer.figures.palette import INK, INTOLERABLE, SEVERE, frame, look


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A value with its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposed:
    """One policy: trials a patient spent above the limit and at a severe grade."""

    label: str
    above: Measured
    severe: Measured


@dataclass(frozen=True, slots=True, kw_only=True)
class Traded:
    """One policy: what was reached for how many exposures."""

    label: str
    exposures: Measured
    worth: Measured


def exposures_figure(policies: Sequence[Exposed], *, title: str) -> Figure:
    """Draw exposures as bars.

    Args:
        policies: The one of interest first.
        title: On whom.

    Returns:
        One panel, two bars with intervals per policy.
    """
    figure = Figure(figsize=(9.6, 1.6 + 0.55 * len(policies)), layout="constrained")
    axes = figure.subplots()
    _bars(axes, -0.19, [p.above for p in policies], INTOLERABLE, "above the tolerability limit")
    _bars(axes, 0.19, [p.severe for p in policies], SEVERE, "of these, severe")
    axes.set_yticks(range(len(policies)), [policy.label for policy in policies], fontsize=12)
    axes.get_yticklabels()[0].set_fontweight("bold")
    axes.invert_yaxis()
    # room for the numbers behind the bars
    axes.set_xlim(0.0, 1.12 * max([policy.above.high for policy in policies] + [0.1]))
    axes.set_xlabel("trials per patient, true expected grade", fontsize=12)
    axes.tick_params(axis="x", labelsize=11)
    frame(axes, title, grid="x")
    axes.set_axisbelow(True)
    axes.legend(frameon=False, fontsize=11, loc="lower right")
    return figure


def _bars(axes: Axes, offset: float, entries: Sequence[Measured], color: str, name: str) -> None:
    """Draw one bar a policy, beside its row, with its interval and its number."""
    places = [row + offset for row in range(len(entries))]
    values = [entry.value for entry in entries]
    axes.barh(places, values, height=0.36, color=color, label=name)
    axes.errorbar(values, places, xerr=_arms(entries), fmt="none", ecolor=INK, elinewidth=1.4, capsize=3)
    for place, entry in zip(places, entries, strict=True):
        axes.annotate(
            f"{entry.value:.2f}", (entry.high, place), (6, 0), textcoords="offset points", fontsize=10,
            verticalalignment="center", color=INK,
        )  # fmt: skip


def tradeoff_figure(policies: Sequence[Traded], *, title: str, worth: str) -> Figure:
    """Draw what was reached against what patients had to bear for it.

    Args:
        policies: The one of interest first.
        title: On whom.
        worth: What the vertical axis shows.

    Returns:
        One panel: a point with both intervals per policy; up and to the left is better.
    """
    figure = Figure(figsize=(9.6, 5.4), layout="constrained")
    axes = figure.subplots()
    for order, policy in enumerate(policies):
        seen = look(order)
        axes.errorbar(
            [policy.exposures.value],
            [policy.worth.value],
            xerr=_arms([policy.exposures]),
            yerr=_arms([policy.worth]),
            fmt=seen.marker,
            color=seen.color,
            markersize=13 if order == 0 else 9,
            elinewidth=1.6,
            zorder=seen.layer,
            label=policy.label,
        )
    axes.set_xlim(left=min(0.0, axes.get_xlim()[0]))
    axes.axvline(0.0, color=INK, linewidth=0.8, alpha=0.4)
    axes.set_xlabel("trials above the tolerability limit, per patient", fontsize=12)
    axes.set_ylabel(worth, fontsize=12)
    axes.tick_params(labelsize=11)
    frame(axes, title, grid="both")
    figure.legend(frameon=False, fontsize=12, loc="outside right center")
    return figure


def _arms(entries: Sequence[Measured]) -> list[list[float]]:
    """Return the lengths of the error bars, below and above."""
    return [
        [max(entry.value - entry.low, 0.0) for entry in entries],
        [max(entry.high - entry.value, 0.0) for entry in entries],
    ]
