"""What a severe report closed. Model-free: it needs no surrogate to be right."""

from dataclasses import dataclass
from math import isclose

import numpy as np
from numpy.typing import NDArray

from optimizer.history import History
from optimizer.problem import Problem
from optimizer.safety import strength, tolerance
from optimizer.safety.strength import Stimuli
from optimizer.space.constraint import Array
from optimizer.space.parameter import CONFIGURATION, GRID_TOLERANCE, Value
from optimizer.space.search_space import Indices
from optimizer.trial import RungOutcome, Trial

NEIGHBOUR_FRACTION = 0.5
"""Where neighbouring configurations restart, relative to the intensity that was severe (decision 7) [A]."""

NEIGHBOUR_REACH = 1.5
"""A configuration is a neighbour up to this many times the distance of the nearest one [A]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """A perception threshold met on a ramp."""

    amplitude_ma: float
    pulse_width_us: float
    frequency_hz: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """One severe report and the settings it was given about."""

    report_id: str
    trial_id: str
    values: dict[str, Value]
    """Settings as applied, on the grid or off it."""
    thresholds: tuple[Threshold, ...] = ()
    """Perception thresholds measured in that configuration; only they open a higher rate."""
    first_said: tuple[Threshold, ...] = ()
    """The same as ramps were first recorded, without later corrections; a rate is open only as far as both allow."""


def closures(problem: Problem, history: History) -> tuple[Closure, ...]:
    """Return what is closed: every severe report whose closure no clinician released.

    A closure is a fact, grows only, and is released by review alone. So an amended or retracted report still closes; a
    corrected trial closes what it was first said to be and what it is said to be now, the latter until a review that was
    recorded after the correction; and a corrected ramp opens no rate that was closed before.
    """
    said = {trial.id: [trial] for trial in history.trials}
    said |= {entry.trial.id: list(history.said(entry.trial.id)) for entry in history.past}
    every = [trial for versions in said.values() for trial in versions]
    first = [versions[0] for versions in said.values()]
    released_at = tolerance.released(history)
    measured: dict[Value | None, tuple[Threshold, ...]] = {}
    at_first: dict[Value | None, tuple[Threshold, ...]] = {}
    found = []
    for report in history.reports:
        if not tolerance.is_severe(problem, report):
            continue
        for trial in said[report.trial_id]:
            corrected = trial is not said[report.trial_id][0]
            release = released_at.get(report.id)
            if tolerance.covers(release, report.recorded_at, trial, corrected=corrected):
                continue
            place = trial.applied.values.get(CONFIGURATION)
            if place not in measured:
                measured[place] = _thresholds(every, place)
                at_first[place] = _thresholds(first, place) if history.past else measured[place]
            found.append(
                Closure(
                    report_id=report.id,
                    trial_id=report.trial_id,
                    values=trial.applied.values,
                    thresholds=measured[place],
                    first_said=at_first[place],
                )
            )
    return tuple(found)


def open_to(problem: Problem, closed: tuple[Closure, ...], indices: Indices) -> NDArray[np.bool_]:
    """Return which grid points no closure forbids.

    Args:
        problem: Declares the space.
        closed: From :func:`closures`.
        indices: ``(c, d)`` grid indices.

    Returns:
        ``(c,)``: True where the settings are strictly weaker than every severe ones of their configuration, at every
        chronaxie of the range, and at most half as strong in neighbouring configurations. Settings of unknown strength
        close their configuration and its neighbours; of an unknown configuration, all.
    """
    is_open = np.ones(len(indices), dtype=np.bool_)
    if not closed:
        return is_open
    candidates = strength.of_grid_points(problem, indices)
    for closure in closed:
        severe = strength.of_point(problem, closure.values)
        same, neighbour = _relation(problem, int(severe.configuration), candidates)
        if not (severe.known and problem.has_stimulation):
            is_open &= ~(same | neighbour)
            continue
        limit_ma = _as_strong_ma(closure, severe, candidates)
        weaker = candidates.amplitude_ma < limit_ma * (1.0 - strength.TOLERANCE)
        half = candidates.amplitude_ma <= limit_ma * NEIGHBOUR_FRACTION * (1.0 + strength.TOLERANCE)
        is_open &= ~(same & ~weaker)
        is_open &= ~(neighbour & ~(half & weaker))
    return is_open


def _as_strong_ma(closure: Closure, severe: Stimuli, candidates: Stimuli) -> Array:
    """Current up to which candidates are weaker than the severe settings at every chronaxie, ``(c,)``.

    A lower rate earns no credit. A higher one lowers the threshold by an amount nobody stated for this patient: nothing is
    weaker there, unless the perception threshold was measured at both rates.
    """
    limit_ma = strength.as_strong_ma(float(severe.amplitude_ma), severe, candidates)
    faster = candidates.frequency_hz > severe.frequency_hz * (1.0 + GRID_TOLERANCE)
    credit = np.where(faster, 0.0, 1.0)
    for frequency_hz in {threshold.frequency_hz for threshold in closure.thresholds}:
        at_rate = faster & np.isclose(candidates.frequency_hz, frequency_hz, rtol=GRID_TOLERANCE)
        credit[at_rate] = min(
            _measured_ratio(thresholds, float(severe.frequency_hz), frequency_hz)
            for thresholds in {closure.thresholds, closure.first_said}
        )
    return limit_ma * credit


def _measured_ratio(thresholds: tuple[Threshold, ...], severe_hz: float, frequency_hz: float) -> float:
    """Threshold at a rate over the threshold at the severe one, the least the measurements allow; 0 without them.

    Only thresholds of one pulse width are compared, so that the chronaxie cancels. A ratio above one earns no credit.
    """
    ratios = []
    for width_us in {threshold.pulse_width_us for threshold in thresholds}:
        of_width = [t for t in thresholds if t.pulse_width_us == width_us]
        # numbers one by one: numpy would take a hundred times as long, and a long course has thousands
        here = [
            t.amplitude_ma for t in of_width if isclose(t.frequency_hz, frequency_hz, rel_tol=GRID_TOLERANCE)
        ]
        there = [
            t.amplitude_ma for t in of_width if isclose(t.frequency_hz, severe_hz, rel_tol=GRID_TOLERANCE)
        ]
        if here and there:
            ratios.append(min(here) / max(there))
    return min(1.0, *ratios) if ratios else 0.0


def _thresholds(trials: list[Trial], place: Value | None) -> tuple[Threshold, ...]:
    """Return the perception thresholds that ramps met in a configuration."""
    found = []
    for trial in trials:
        values = trial.applied.values
        width_us, frequency_hz = values.get("pulse_width_us"), values.get("frequency_hz")
        if not (isinstance(width_us, int | float) and isinstance(frequency_hz, int | float)):
            continue
        if values.get(CONFIGURATION) != place:
            continue
        found += [
            Threshold(
                amplitude_ma=rung.amplitude_ma,
                pulse_width_us=float(width_us),
                frequency_hz=float(frequency_hz),
            )
            for rung in trial.ramp
            if rung.outcome is RungOutcome.PERCEPTION and rung.amplitude_ma > 0
        ]
    return tuple(found)


def _relation(
    problem: Problem, place: int, candidates: Stimuli
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return where candidates use the severe configuration, and where a neighbouring one, ``(c,)`` each."""
    n = len(candidates)
    if CONFIGURATION not in problem.space.names or place < 0:
        # one configuration only, or one the device file does not list: all are its own
        return np.ones(n, dtype=np.bool_), np.zeros(n, dtype=np.bool_)
    distance_mm = np.array([here.distance_mm(problem.space.places[place]) for here in problem.space.places])
    nearest_mm = distance_mm[distance_mm > 0].min(initial=np.inf)
    same = distance_mm == 0
    neighbour = (distance_mm > 0) & (distance_mm <= nearest_mm * NEIGHBOUR_REACH)
    return same[candidates.configuration], neighbour[candidates.configuration]
