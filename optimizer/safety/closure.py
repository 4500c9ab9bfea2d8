"""What a severe report closed. Model-free: it needs no surrogate to be right."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimizer.history import History
from optimizer.problem import Problem
from optimizer.space import pulse
from optimizer.space.constraint import Columns
from optimizer.space.parameter import CONFIGURATION, Value
from optimizer.space.search_space import Indices
from optimizer.trial import Measure, ReviewSubject

NEIGHBOUR_FRACTION = 0.5
"""Where neighbouring configurations restart, relative to the intensity that was severe (decision 7) [A]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """One severe report and the settings it was given about."""

    report_id: str
    trial_id: str
    values: dict[str, Value]
    """Settings as applied, on the grid or off it."""


def closures(problem: Problem, history: History) -> tuple[Closure, ...]:
    """Return what is closed: every severe report whose closure no clinician released.

    An amended or retracted report still closes: a closure is a fact, grows only, and is released by review alone.
    """
    released = {review.subject_id for review in history.reviews if review.subject is ReviewSubject.CLOSURE}
    trials = {trial.id: trial for trial in history.trials}
    return tuple(
        Closure(report_id=report.id, trial_id=report.trial_id, values=trials[report.trial_id].applied.values)
        for report in history.reports
        if report.measure is Measure.SIDE_EFFECT
        and report.value is not None
        and problem.is_severe(report.kind, report.value)
        and report.id not in released
    )


def open_to(problem: Problem, closed: tuple[Closure, ...], indices: Indices) -> NDArray[np.bool_]:
    """Return which grid points no closure forbids.

    Args:
        problem: Declares the space.
        closed: From :func:`closures`.
        indices: ``(c, d)`` grid indices.

    Returns:
        ``(c,)``: True where the settings are strictly weaker than every severe ones of their configuration, at every
        chronaxie of the range, and at most half as strong in neighbouring configurations.
    """
    candidates = problem.space.columns(indices)
    is_open = np.ones(len(indices), dtype=np.bool_)
    for closure in closed:
        severe = problem.space.columns_of([closure.values])
        ratio = _strongest_ratio(problem, candidates, severe)
        same, neighbour = _relation(problem, candidates, severe)
        is_open &= ~(same & ~(ratio < 1.0 - 1e-9))
        is_open &= ~(neighbour & ~(ratio <= NEIGHBOUR_FRACTION))
        is_open &= ~(same & _faster(problem, candidates, severe))
    return is_open


def _strongest_ratio(problem: Problem, candidates: Columns, severe: Columns) -> NDArray[np.float64]:
    """Current over threshold relative to the severe settings, at the worst chronaxie; a lower rate earns nothing."""
    if not problem.has_stimulation:
        return np.full_like(candidates.amplitude_ma, np.inf)
    current = candidates.amplitude_ma / severe.amplitude_ma
    ends = (problem.excitability.chronaxie_low_us, problem.excitability.chronaxie_high_us)
    by_width = [
        pulse.width_factor(severe.pulse_width_us, np.full(1, end))
        / pulse.width_factor(candidates.pulse_width_us, np.full(1, end))
        for end in ends  # the ratio is monotone in the chronaxie, so its extremes lie at the ends
    ]
    ratio = current * np.maximum(*by_width)
    return np.asarray(
        np.where(np.isnan(ratio), np.inf, ratio)
    )  # unknown settings close everything comparable


def _faster(problem: Problem, candidates: Columns, severe: Columns) -> NDArray[np.bool_]:
    """A higher rate lowers the threshold by an amount nobody measured: closed."""
    if problem.excitability.rate_corner_hz is None:
        return np.zeros(len(candidates.amplitude_ma), dtype=np.bool_)
    with np.errstate(invalid="ignore"):
        faster = candidates.frequency_hz > severe.frequency_hz * (1 + 1e-9)
    return np.asarray(faster & (candidates.amplitude_ma > 0))


def _relation(
    problem: Problem, candidates: Columns, severe: Columns
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return where candidates use the severe configuration, and where a neighbouring one."""
    n = len(candidates.amplitude_ma)
    place = int(severe.configuration[0])
    if CONFIGURATION not in problem.space.names:
        return np.ones(n, dtype=np.bool_), np.zeros(n, dtype=np.bool_)
    if place < 0:  # applied with a configuration the device file does not list: treat all as its own
        return np.ones(n, dtype=np.bool_), np.zeros(n, dtype=np.bool_)
    distances = np.array([here.distance_mm(problem.space.places[place]) for here in problem.space.places])
    others = distances[distances > 0]
    nearest = others.min() if len(others) else 0.0
    adjacent = (distances > 0) & (distances <= nearest * 1.5)
    same = (candidates.configuration == place) | (distances == 0)[candidates.configuration]
    return same, adjacent[candidates.configuration] & ~same
