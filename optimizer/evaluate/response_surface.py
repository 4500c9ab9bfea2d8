"""What is believed of one patient, as a slice over two parameters."""

from collections.abc import Mapping
from itertools import product

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from optimizer.errors import EnvelopeError, UnknownParameterError
from optimizer.explain.contrast import CENTRAL
from optimizer.figures.surface import Axis, Surface, Tried
from optimizer.history import History, started_at
from optimizer.models.dataset import dataset_of, points_of
from optimizer.models.joint import fit
from optimizer.models.surrogate import Surrogate
from optimizer.prior import NO_PRIOR, Prior
from optimizer.problem import Problem
from optimizer.safety import closure, strength, tolerance
from optimizer.safety.safe_set import safe
from optimizer.space.parameter import Value
from optimizer.space.search_space import Indices
from optimizer.space.settings import Settings
from optimizer.space.settings import number as number_of

MOST_LEVELS = 60
"""Levels drawn along one axis; more would not be told apart."""
AMPLITUDE_AND_WIDTH = ("amplitude_ma", "pulse_width_us")
LABELS = {
    "amplitude_ma": "amplitude, mA",
    "pulse_width_us": "pulse width, µs",
    "frequency_hz": "rate, Hz",
    "on_s": "on, s",
    "off_s": "off, s",
}


def slice_indices(
    problem: Problem,
    through: Settings,
    axes: tuple[str, str] = AMPLITUDE_AND_WIDTH,
    *,
    bounds: Mapping[str, tuple[float, float]] | None = None,
    most: int = MOST_LEVELS,
) -> Indices:
    """Return the grid points of a slice inside the envelope, row by row.

    Args:
        problem: Declares grid and envelope.
        through: Values of the parameters that are not shown.
        axes: Parameters along the horizontal and the vertical axis.
        bounds: Parameter name -> lowest and highest value drawn, where less than the envelope is.
        most: Largest number of levels drawn along one axis; more are thinned out evenly.

    Returns:
        ``(ny * nx, d)`` grid indices, the horizontal axis running fastest.

    Raises:
        UnknownParameterError: If a name is that of no axis.
        EnvelopeError: If nothing the envelope allows lies inside the bounds.
    """
    x, y = axes
    for name in bounds or {}:
        if name not in axes:
            raise UnknownParameterError(f"bounds.{name}", "is no axis of the slice", limit=", ".join(axes))
    columns, rows = (_levels(problem, name, (bounds or {}).get(name), most) for name in axes)
    found = np.tile(np.array(through.indices, dtype=np.int64), (len(rows) * len(columns), 1))
    pairs = np.array(list(product(rows, columns)), dtype=np.int64)
    found[:, problem.space.names.index(y)] = pairs[:, 0]
    found[:, problem.space.names.index(x)] = pairs[:, 1]
    return found


def response_surface(
    problem: Problem,
    history: History,
    through: Settings,
    *,
    axes: tuple[str, str] = AMPLITUDE_AND_WIDTH,
    bounds: Mapping[str, tuple[float, float]] | None = None,
    prior: Prior = NO_PRIOR,
    seed: int = 0,
) -> Surface:
    """Return the surrogate's view of a slice, ready to draw.

    Args:
        problem: Declares space, outcome, limits.
        history: What was applied and reported; relief is counted from where it began.
        through: Values of the parameters that are not shown; drawn as what to keep. Where nothing was applied, the start.
        axes: Parameters along the horizontal and the vertical axis.
        bounds: Parameter name -> lowest and highest value drawn, where less than the envelope is.
        prior: What is believed before the first report.
        seed: Of the draws of the hyperparameters.

    Returns:
        Expected relief, half of its 90 % interval and the safe set, as arrays over the two parameters.
    """
    indices = slice_indices(problem, through, axes, bounds=bounds)
    start = started_at(problem, history) or through
    reference = np.array([start.indices], dtype=np.int64)
    surrogate = fit(
        problem, dataset_of(problem, history), points_of(problem, reference), prior=prior, seed=seed
    )
    mean, half_width = _relief(problem, surrogate, indices, reference)
    inside = problem.allowed(indices) & closure.open_to(problem, closure.closures(problem, history), indices)
    inside &= tolerance.below(tolerance.bars(problem, history), strength.of_grid_points(problem, indices))
    inside &= safe(problem, surrogate, points_of(problem, indices)).numpy()
    x, y = (_axis(problem, name, indices) for name in axes)
    shape = (len(y.values), len(x.values))
    return Surface(
        x=x,
        y=y,
        relief_nrs=mean.reshape(shape),
        half_width_nrs=half_width.reshape(shape),
        safe=inside.reshape(shape),
        tried=_tried(problem, history, through, axes),
        kept=(number_of(through.as_dict(), axes[0]), number_of(through.as_dict(), axes[1])),
        slice_label=_rest(through, axes),
    )


def _relief(
    problem: Problem, surrogate: Surrogate, indices: Indices, reference: Indices
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and half of the 90 % interval of relief against the start, ``(c,)`` each."""
    with torch.no_grad():
        at_start = surrogate.predict(points_of(problem, reference))
        mean, variance = surrogate.predict(points_of(problem, indices)).gain_over(at_start)
        tail = (1.0 - CENTRAL) / 2.0
        low, high = (_quantile(mean, variance.sqrt(), level) for level in (tail, 1.0 - tail))
    return mean.mean(0).numpy(), (0.5 * (high - low)).numpy()


def _quantile(mean: Tensor, sd: Tensor, level: float) -> Tensor:
    """Return a quantile of equally weighted mixtures of normals, ``(s, c)`` to ``(c,)``, by bisection."""
    low, high = (mean - 6 * sd).amin(0), (mean + 6 * sd).amax(0)
    for _ in range(50):
        middle = 0.5 * (low + high)
        below = torch.special.ndtr((middle - mean) / sd).mean(0) < level
        low, high = torch.where(below, middle, low), torch.where(below, high, middle)
    return 0.5 * (low + high)


def _levels(problem: Problem, name: str, bounds: tuple[float, float] | None, most: int) -> NDArray[np.int64]:
    low, high = bounds or (-np.inf, np.inf)
    numbers = np.array(problem.space.parameter(name).numbers)
    inside = problem.index_masks[problem.space.names.index(name)] & (numbers >= low) & (numbers <= high)
    allowed = np.flatnonzero(inside)
    if not len(allowed):
        raise EnvelopeError(
            f"bounds.{name}",
            "leave nothing the envelope allows",
            limit=problem.space.parameter(name).describe(),
        )
    kept = np.unique(np.linspace(0, len(allowed) - 1, min(most, len(allowed))).round().astype(np.int64))
    return np.asarray(allowed[kept])


def _axis(problem: Problem, name: str, indices: Indices) -> Axis:
    numbers = problem.space.parameter(name).numbers
    levels = np.unique(indices[:, problem.space.names.index(name)])
    return Axis(label=LABELS.get(name, name), values=tuple(numbers[level] for level in levels))


def _tried(problem: Problem, history: History, through: Settings, axes: tuple[str, str]) -> tuple[Tried, ...]:
    hidden = [name for name in problem.space.names if name not in axes]
    return tuple(
        Tried(
            number=number,
            x=number_of(values, axes[0]),
            y=number_of(values, axes[1]),
            on_slice=all(values.get(name) == through[name] for name in hidden),
        )
        for number, values in enumerate((trial.applied.values for trial in history.trials), 1)
    )


def _rest(through: Settings, axes: tuple[str, str]) -> str:
    shown: Mapping[str, Value] = {
        name: value for name, value in through.as_dict().items() if name not in axes
    }
    return ", ".join(
        f"{LABELS[name].split(',')[0]} {value:g} {LABELS[name].split(', ')[1]}"
        if name in LABELS
        else str(value)
        for name, value in shown.items()
    )
