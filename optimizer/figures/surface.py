"""A response surface over two parameters: expected relief, how unsure it is, where it is held safe, what was tried."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

INK = "#222222"
UNSAFE = "#b03a2e"
BEST = "#f2c14e"


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """One parameter of the picture."""

    label: str
    """Name with unit, as people read it."""
    values: tuple[float, ...]
    """Ascending grid values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """Settings that were tried, numbered in order, on this slice or off it."""

    number: int
    x: float
    y: float
    on_slice: bool
    """Whether the parameters that are not shown had the values of the slice."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Surface:
    """A slice through what is believed of one patient; arrays are ``(len(y.values), len(x.values))``."""

    x: Axis
    y: Axis
    relief_nrs: NDArray[np.float64]
    """Expected relief against the start, in points."""
    half_width_nrs: NDArray[np.float64]
    """Half of the 90 % interval."""
    safe: NDArray[np.bool_]
    """Inside every limit and tolerable with the declared confidence."""
    tried: tuple[Tried, ...]
    kept: tuple[float, float] | None = None
    """What the course recommends to keep."""
    slice_label: str = ""
    """Values of the parameters that are not shown."""
    true_relief_nrs: NDArray[np.float64] | None = None
    """Of a synthetic patient, against the start as well."""
    truly_tolerable: NDArray[np.bool_] | None = None
    """Of a synthetic patient."""


def surface_figure(surface: Surface) -> Figure:
    """Draw a slice of a response surface.

    Args:
        surface: What to draw.

    Returns:
        Panels side by side: expected relief, its uncertainty, and for a synthetic patient the truth. Hatched is what is
        not held safe; in the panel of the truth, what is not tolerable.
    """
    panels = [
        ("expected relief", surface.relief_nrs, surface.safe),
        ("uncertainty (half of the 90 % interval)", surface.half_width_nrs, surface.safe),
    ]
    if surface.true_relief_nrs is not None:
        tolerable = surface.safe if surface.truly_tolerable is None else surface.truly_tolerable
        panels.append(("the truth", surface.true_relief_nrs, tolerable))
    figure = Figure(figsize=(4.9 * len(panels), 4.7), layout="constrained")
    row = np.atleast_1d(figure.subplots(1, len(panels), sharex=True, sharey=True))
    low, high = _shared_range([panel[1] for panel in panels if "uncertainty" not in panel[0]])
    for axes, (title, values, inside) in zip(row, panels, strict=True):
        is_relief = "uncertainty" not in title
        mesh = axes.pcolormesh(
            surface.x.values,
            surface.y.values,
            values,
            shading="nearest",
            cmap="viridis" if is_relief else "Purples",
            vmin=low if is_relief else 0.0,
            vmax=high if is_relief else None,
            rasterized=True,
        )
        label = "relief against the start, points" if is_relief else "points of relief"
        figure.colorbar(mesh, ax=axes, location="bottom", shrink=0.9, label=f"{label} (0-10 scale)")
        _draw_outside(axes, surface, inside)
        _draw_tried(axes, surface)
        axes.set_title(title, fontsize=12)
        axes.set_xlabel(surface.x.label)
    row[0].set_ylabel(surface.y.label)
    if surface.slice_label:
        figure.suptitle(surface.slice_label, fontsize=10, color="#555555")
    _draw_legend(figure, surface)
    return figure


def _shared_range(arrays: Sequence[NDArray[np.float64]]) -> tuple[float, float]:
    """Return one color range for belief and truth, so that equal colors mean equal relief."""
    return float(min(array.min() for array in arrays)), float(max(array.max() for array in arrays))


def _draw_outside(axes: Axes, surface: Surface, inside: NDArray[np.bool_]) -> None:
    x, y = _sides(surface.x.values), _sides(surface.y.values)
    # from the middle of a cell to that of the next, half of the cells at the rim would look safe
    outside = np.repeat(np.repeat(~inside, 2, axis=0), 2, axis=1).astype(np.float64)
    if outside.any():
        axes.contourf(
            x,
            y,
            outside,
            levels=[0.5, 1.5],
            colors=["#ffffff66"],
            hatches=["///"],
        )
    if outside.any() and inside.any():
        axes.contour(x, y, outside, levels=[0.5], colors=[UNSAFE], linewidths=2.0)


def _sides(values: Sequence[float]) -> NDArray[np.float64]:
    """Return both sides of every cell as it is coloured, ``(2 n,)``: cells meet half way between values."""
    centres = np.array(values)
    if len(centres) == 1:
        return np.array([centres[0] - 0.5, centres[0] + 0.5])
    half = np.diff(centres) / 2
    low, high = np.concatenate([half[:1], half]), np.concatenate([half, half[-1:]])
    return np.stack([centres - low, centres + high], axis=1).ravel()


def _draw_tried(axes: Axes, surface: Surface) -> None:
    elsewhere = [tried for tried in surface.tried if not tried.on_slice]
    axes.plot(
        [tried.x for tried in elsewhere],
        [tried.y for tried in elsewhere],
        linestyle="none",
        marker="o",
        markersize=5,
        markerfacecolor="#ffffffaa",
        markeredgecolor="#777777",
    )
    for tried in surface.tried:
        if tried.on_slice:
            axes.plot(
                tried.x, tried.y, marker="o", markersize=14, markerfacecolor="white", markeredgecolor=INK
            )
            axes.annotate(
                str(tried.number), (tried.x, tried.y), ha="center", va="center", fontsize=9, color=INK
            )
    if surface.kept is not None:
        axes.plot(
            *surface.kept,
            marker="o",
            markersize=19,
            markerfacecolor="none",
            markeredgecolor=BEST,
            markeredgewidth=3,
        )


def _draw_legend(figure: Figure, surface: Surface) -> None:
    not_safe = "not held safe"
    if surface.true_relief_nrs is not None:
        not_safe += " (in the truth: not tolerable)"
    handles: list[Artist] = [
        Patch(facecolor="white", edgecolor=INK, hatch="///", label=not_safe),
        _mark("tried on this slice, in order", INK, 12),
        _mark("tried elsewhere", "#777777", 5),
    ]
    if surface.kept is not None:
        handles.append(_mark("to keep", BEST, 14))
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), frameon=False, fontsize=9)


def _mark(label: str, color: str, size: float) -> Line2D:
    return Line2D(
        [],
        [],
        linestyle="none",
        marker="o",
        markersize=size,
        markerfacecolor="white",
        markeredgecolor=color,
        label=label,
    )
