"""How the things compared look: the same colour, line and marker in every figure of one comparison."""

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import Final, Literal

from matplotlib.axes import Axes

COLORS: Final = (
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#444444",
    "#882255", "#999933", "#332288", "#44aa99", "#a6761d",
)  # fmt: skip
"""Okabe and Ito, told apart by most eyes and in grey; then those of Tol's muted scheme that are none of these."""
STYLES: Final = ("-", "--", "-.", ":")
MARKERS: Final = ("o", "s", "^", "D", "v", "P", "X")
INK: Final = "#222222"
FAINT: Final = "#666666"
INTOLERABLE: Final = "#d55e00"
SEVERE: Final = "#8b1a1a"
TITLE_WIDTH: Final = 86
"""Letters of a title that fit over a figure of the usual width."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One thing compared, as drawn."""

    color: str
    style: str
    marker: str
    width: float
    """Of its line, in points."""
    layer: int
    """What is of interest lies on top."""


def look(order: int) -> Look:
    """Return how the thing at a place looks; the first is the one of interest. Colours repeat with another line and marker."""
    again = order // len(COLORS)
    return Look(
        color=COLORS[order % len(COLORS)],
        style=STYLES[(again + order) % len(STYLES)],
        marker=MARKERS[(again + order) % len(MARKERS)],
        width=3.0 if order == 0 else 1.8,
        layer=4 if order == 0 else 3,
    )


def frame(axes: Axes, title: str, *, grid: Literal["x", "y", "both"]) -> None:
    """Give a panel its title on the left, in lines that fit, and a faint grid; no lines at the top and on the right."""
    axes.set_title(fill(title, TITLE_WIDTH), fontsize=14, loc="left", pad=12)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis=grid, alpha=0.25)


def spread(heights: Sequence[float], gap: float) -> list[float]:
    """Return heights for labels: in the same order, as near as can be to where they belong, at least a gap apart.

    Args:
        heights: Where labels belong, in any order.
        gap: Least distance between two.

    Returns:
        Heights in the order given. Those that would touch share their common middle.
    """
    order = sorted(range(len(heights)), key=lambda i: heights[i])
    blocks: list[tuple[float, list[int]]] = []
    for index in order:
        middle, members = heights[index], [index]
        while blocks and middle - gap * (len(members) - 1) / 2 - gap < _top(blocks[-1], gap):
            below, others = blocks.pop()
            middle = (below * len(others) + middle * len(members)) / (len(others) + len(members))
            members = [*others, *members]
        blocks.append((middle, members))
    placed = [0.0] * len(heights)
    for middle, members in blocks:
        for rank, index in enumerate(members):
            placed[index] = middle + gap * (rank - (len(members) - 1) / 2)
    return placed


def _top(block: tuple[float, list[int]], gap: float) -> float:
    middle, members = block
    return middle + gap * (len(members) - 1) / 2
