"""How strong settings are beside others, without a model: current over threshold, at the least favourable chronaxie.

Thresholds follow Weiss's law over the pulse width and, where the device file says so, fall with the rate. The chronaxie of
this patient is not known: every comparison is made at both ends of the device's range, between which the ratio of two
thresholds is monotone, and the less favourable one counts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimizer.problem import Problem
from optimizer.space import pulse
from optimizer.space.constraint import Array
from optimizer.space.parameter import CONFIGURATION, Value
from optimizer.space.search_space import Indices

Rows = NDArray[np.bool_] | NDArray[np.int64] | int

TOLERANCE = 1e-9
"""Relative; absorbs the last bits of a product, far below any device step."""

_CONSTANT = {"amplitude_ma": 0.0, "pulse_width_us": 1.0, "frequency_hz": 40.0}
"""Stand-in for a parameter that a space does not have."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stimuli:
    """Settings reduced to what their strength depends on; one entry a setting, ``(n,)`` each.

    A parameter the space does not have is constant: it gets the same number everywhere and plays no part. One that the
    space has but the record does not know, or that cannot be (a negative width), is NaN.
    """

    amplitude_ma: Array
    pulse_width_us: Array
    frequency_hz: Array
    configuration: NDArray[np.int64]
    """Index of the configuration; 0 where there is only one, -1 where it is unknown."""
    threshold_low: Array
    """Threshold relative to an endless pulse, at the low end of the chronaxie range."""
    threshold_high: Array
    """The same at the high end."""
    rate_factor: Array
    """Threshold relative to 40 Hz as the device file states it; ones where it states nothing."""

    def __len__(self) -> int:
        """Return the number of settings."""
        return len(self.amplitude_ma)

    def __getitem__(self, rows: Rows) -> "Stimuli":
        """Return some of the settings; a plain index gives one, which broadcasts against many."""
        return Stimuli(
            amplitude_ma=self.amplitude_ma[rows],
            pulse_width_us=self.pulse_width_us[rows],
            frequency_hz=self.frequency_hz[rows],
            configuration=self.configuration[rows],
            threshold_low=self.threshold_low[rows],
            threshold_high=self.threshold_high[rows],
            rate_factor=self.rate_factor[rows],
        )

    @property
    def known(self) -> NDArray[np.bool_]:
        """Where the strength is known, ``(n,)``; the configuration aside."""
        return (
            np.isfinite(self.amplitude_ma) & np.isfinite(self.pulse_width_us) & np.isfinite(self.frequency_hz)
        )


def of_grid_points(problem: Problem, indices: Indices) -> Stimuli:
    """Return grid points as stimuli; ``(c, d)`` indices give ``c`` of them."""
    space, n = problem.space, len(indices)
    columns = [
        space.column(name, indices) if name in space.names else np.full(n, constant)
        for name, constant in _CONSTANT.items()
    ]
    configuration = np.zeros(n, dtype=np.int64)
    if CONFIGURATION in space.names:
        configuration = indices[:, space.names.index(CONFIGURATION)]
    return _stimuli(problem, columns, configuration)


def of_points(problem: Problem, points: Sequence[Mapping[str, Value]]) -> Stimuli:
    """Return raw points, on the grid or off it, as stimuli."""
    space = problem.space
    columns = [
        np.array([_number(point.get(name)) for point in points])
        if name in space.names
        else np.full(len(points), constant)
        for name, constant in _CONSTANT.items()
    ]
    configuration = np.zeros(len(points), dtype=np.int64)
    if CONFIGURATION in space.names:
        find = space.parameter(CONFIGURATION).find
        found = [find(point.get(CONFIGURATION)) for point in points]
        configuration = np.array([-1 if index is None else index for index in found], dtype=np.int64)
    return _stimuli(problem, columns, configuration)


def of_point(problem: Problem, point: Mapping[str, Value]) -> Stimuli:
    """Return one raw point as a stimulus that broadcasts against many."""
    return of_points(problem, [point])[0]


def as_strong_ma(current_ma: float, point: Stimuli, others: Stimuli) -> Array:
    """Return the current up to which other settings are no stronger than a point would be, whatever the chronaxie.

    Args:
        current_ma: Current the point is taken at.
        point: One setting; its width counts.
        others: Settings whose widths count; their own current does not.

    Returns:
        ``(n,)`` in mA. The rate plays no part.

    Source:
        Weiss's law: threshold = rheobase (1 + chronaxie / width); see ``pulse.width_factor``.
    """
    low = others.threshold_low / point.threshold_low
    high = others.threshold_high / point.threshold_high
    return np.asarray(current_ma * np.minimum(low, high))


def surely_as_strong(stimulus: Stimuli, point: Stimuli) -> bool:
    """Return whether one setting is at least as strong as another at every chronaxie; a higher rate earns no credit.

    Where either strength is unknown, it is not.
    """
    if not (stimulus.known and point.known):
        return False
    low = stimulus.threshold_low / point.threshold_low
    high = stimulus.threshold_high / point.threshold_high
    rate = np.maximum(stimulus.rate_factor / point.rate_factor, 1.0)
    needed_ma = point.amplitude_ma * np.maximum(low, high) * rate
    return bool(stimulus.amplitude_ma >= needed_ma * (1.0 - TOLERANCE))


def _number(value: Value | None) -> float:
    return float(value) if isinstance(value, int | float) else np.nan


def _stimuli(problem: Problem, columns: Sequence[Array], configuration: NDArray[np.int64]) -> Stimuli:
    """``columns`` in the order of ``_CONSTANT``."""
    amplitude_ma, pulse_width_us, frequency_hz = columns
    with np.errstate(invalid="ignore"):
        amplitude_ma = np.where(np.isfinite(amplitude_ma) & (amplitude_ma >= 0), amplitude_ma, np.nan)
        pulse_width_us = np.where(np.isfinite(pulse_width_us) & (pulse_width_us > 0), pulse_width_us, np.nan)
        frequency_hz = np.where(np.isfinite(frequency_hz) & (frequency_hz > 0), frequency_hz, np.nan)
    low_us, high_us = problem.excitability.chronaxie_low_us, problem.excitability.chronaxie_high_us
    return Stimuli(
        amplitude_ma=amplitude_ma,
        pulse_width_us=pulse_width_us,
        frequency_hz=frequency_hz,
        configuration=configuration,
        threshold_low=pulse.width_factor(pulse_width_us, np.full(1, low_us)),
        threshold_high=pulse.width_factor(pulse_width_us, np.full(1, high_us)),
        rate_factor=problem.excitability.rate_factor(frequency_hz),
    )
