"""How long an answer takes, policy by policy."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from optimizer.figures.palette import FAINT, INK, frame, look

FASTEST_S = 1e-4
"""Below this a clock says little, and a logarithmic axis needs an end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """One policy's ask times in seconds."""

    label: str
    median_s: float
    p95_s: float
    max_s: float


def latency_figure(policies: Sequence[Timed], *, title: str, cap_s: float = 1.0) -> Figure:
    """Draw ask times on a logarithmic axis.

    Args:
        policies: The one of interest first.
        title: On what they were measured.
        cap_s: Time after which a clinic should not wait longer, marked.

    Returns:
        One panel: a dot at the median, a line to the 95th percentile, a thin one to the longest.
    """
    figure = Figure(figsize=(9.6, 1.6 + 0.42 * len(policies)), layout="constrained")
    axes = figure.subplots()
    for order, policy in enumerate(policies):
        seen = look(order)
        median, p95, most = (max(t, FASTEST_S) for t in (policy.median_s, policy.p95_s, policy.max_s))
        axes.plot([median, most], [order, order], color=seen.color, linewidth=1.2)
        axes.plot([median, p95], [order, order], color=seen.color, linewidth=4.0, solid_capstyle="butt")
        axes.plot([most], [order], marker="|", color=seen.color, markersize=11)
        axes.plot([median], [order], marker=seen.marker, color=seen.color, markersize=10)
        axes.annotate(
            _written(policy.median_s), (median, order), (0, 9), textcoords="offset points", fontsize=10,
            horizontalalignment="center", color=INK,
        )  # fmt: skip
    axes.axvline(cap_s, color=FAINT, linewidth=1.2, linestyle="--")
    axes.annotate(
        f"{cap_s:g} s", (cap_s, 0.0), (4, 4), xycoords=("data", "axes fraction"), textcoords="offset points",
        fontsize=10, color=FAINT,
    )  # fmt: skip
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda seconds, _: f"{seconds:g}"))
    axes.set_yticks(range(len(policies)), [policy.label for policy in policies], fontsize=12)
    axes.get_yticklabels()[0].set_fontweight("bold")
    axes.set_ylim(len(policies) - 0.4, -0.8)
    axes.set_xlabel("seconds: median, to the 95th percentile, to the longest", fontsize=12)
    axes.tick_params(axis="x", labelsize=11)
    frame(axes, title, grid="x")
    return figure


def _written(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
