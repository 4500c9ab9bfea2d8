"""How far a proposal may go beyond what this patient tolerated (decisions 4, 5 and 7 of the design).

Intensity is current over perception threshold. Where the threshold is not known, two intensities are compared at the
worst chronaxie of the device's range and, between configurations, at the upper 95 % of the threshold's spread. Every rule
then says one thing of a candidate: the highest current it may have at its width and rate.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimizer.ask import Ask
from optimizer.history import History
from optimizer.problem import Problem, TitrationRule
from optimizer.safety import strength
from optimizer.safety.closure import NEIGHBOUR_FRACTION
from optimizer.safety.strength import Stimuli
from optimizer.safety.tolerance import Bar, bars, below, blocks, refuted, shows_tolerance
from optimizer.space import constraint
from optimizer.space.constraint import Array
from optimizer.space.parameter import GRID_TOLERANCE, Value
from optimizer.space.search_space import Indices

UPPER_95 = 1.6448536269514722
"""Standard normal quantile: one-sided 95 %."""

SAME_PLACE_MM = 1e-6
"""Distances that differ by less are equal: the nearest configurations count together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchors:
    """What titration starts from and what stops it, as raw points."""

    points: tuple[dict[str, Value], ...]
    """Settings this patient tolerated, and those in force unless the history says otherwise."""
    bars: tuple[Bar, ...] = ()
    """Settings not tolerated, and not since: nothing as strong is proposed in their configuration."""
    retreat: dict[str, Value] | None = None
    """Settings in force that were not tolerated: from them one may only go down."""
    severe: bool = False
    """Whether they were severe: then down to half at least."""


def anchors(problem: Problem, history: History, ask: Ask) -> Anchors:
    """Return the tolerated trials, the settings in force and what was not tolerated.

    A point past a hard limit or the device's range, or of unknown strength, is a fact, but nothing to build on.
    The settings in force count as
    tolerated unless they are as strong as some that were not. What was refuted since is built on no more, neither here nor
    where another configuration starts.
    """
    barred = bars(problem, history)
    tolerated = (facts for facts in history.facts if shows_tolerance(problem, facts))
    points = [facts.trial.applied.values for facts in tolerated if not refuted(problem, barred, facts)]
    in_force = ask.in_force.values
    blocking = [bar for bar in barred if blocks(bar, strength.of_point(problem, in_force))]
    return Anchors(
        points=_sound(problem, points if blocking else [*points, in_force]),
        bars=barred,
        retreat=in_force if blocking and _sound(problem, [in_force]) else None,
        severe=any(bar.severe for bar in blocking),
    )


def _sound(problem: Problem, points: list[dict[str, Value]]) -> tuple[dict[str, Value], ...]:
    """Keep points of known strength inside the device's range and every hard limit, each once."""
    if not points or not problem.has_stimulation:
        return ()
    stimuli = strength.of_points(problem, points)
    sound = stimuli.known & (stimuli.configuration >= 0)
    sound &= constraint.allowed(problem.space.limits, problem.space.columns_of(list(points)))
    sound &= [_in_range(problem, point) for point in points]
    distinct = {
        tuple(sorted(point.items())): point for point, good in zip(points, sound, strict=True) if good
    }
    return tuple(distinct.values())


def _in_range(problem: Problem, point: dict[str, Value]) -> bool:
    """Return whether the device could have produced every number of a point, on its grid or between."""
    for parameter in problem.space.parameters:
        value = point.get(parameter.name)
        if not parameter.is_categorical and isinstance(value, int | float):
            low, high = parameter.numbers[0], parameter.numbers[-1]
            if not low - GRID_TOLERANCE <= value <= high + GRID_TOLERANCE:
                return False
    return True


def within_reach(problem: Problem, tolerated: Anchors, ask: Ask, indices: Indices) -> NDArray[np.bool_]:
    """Return which grid points the titration rule lets a proposal name.

    Args:
        problem: Declares rule and excitability; without a rule everything is within reach.
        tolerated: From :func:`anchors`.
        ask: In clinic or at home, and the settings in force.
        indices: ``(c, d)`` grid indices.

    Returns:
        ``(c,)``: True where the settings are at most one step stronger than tolerated ones of the same configuration, or
        weaker by the rule's fraction than those of the nearest tried one; weaker than everything not tolerated in that
        configuration; with at most one structural change; and at home only inside the patient's range.
    """
    rule = problem.titration
    if rule is None:
        return np.ones(len(indices), dtype=np.bool_)
    candidates = strength.of_grid_points(problem, indices)
    ceiling_ma = _ceiling_ma(problem, rule, tolerated, candidates, ask)
    reach = candidates.amplitude_ma <= ceiling_ma * (1 + strength.TOLERANCE) + strength.TOLERANCE
    reach &= below(tolerated.bars, candidates)
    if ask.in_clinic:
        return np.asarray(reach & (_structural_changes(problem, ask, indices) <= 1))
    return np.asarray(reach & _for_home(problem, ask, indices, candidates))


def for_home(problem: Problem, ask: Ask, indices: Indices) -> NDArray[np.bool_]:
    """Return which grid points a patient may use at home, ``(c,)``: the configuration in force, inside the patient's range."""
    return _for_home(problem, ask, indices, strength.of_grid_points(problem, indices))


def usable(problem: Problem, ask: Ask, indices: Indices) -> NDArray[np.bool_]:
    """Return which grid points a patient may be told to use where the ask is made, ``(c,)``: in the clinic all."""
    if ask.in_clinic or not problem.has_stimulation:
        return np.ones(len(indices), dtype=np.bool_)
    return for_home(problem, ask, indices)


def _for_home(problem: Problem, ask: Ask, indices: Indices, candidates: Stimuli) -> NDArray[np.bool_]:
    unchanged = _structural_changes(problem, ask, indices) == 0
    return np.asarray(unchanged & _inside_patient_range(ask, candidates))


def _ceiling_ma(
    problem: Problem, rule: TitrationRule, tolerated: Anchors, candidates: Stimuli, ask: Ask
) -> Array:
    """Highest current of each candidate, ``(c,)``; minus infinity where none is within reach."""
    ceiling_ma = _retreat_ma(problem, rule, tolerated, candidates)
    if not tolerated.points:
        return ceiling_ma
    anchor = _strongest(strength.of_points(problem, tolerated.points))
    step_ma = _device_step_ma(problem, anchor.amplitude_ma)
    for place in np.unique(candidates.configuration):
        rows = np.flatnonzero(candidates.configuration == place)
        here = candidates[rows]
        tried = np.flatnonzero(anchor.configuration == place)
        for row in tried:
            raised_ma = _one_step_ma(rule, anchor[int(row)], float(step_ma[row]), here)
            ceiling_ma[rows] = np.maximum(ceiling_ma[rows], raised_ma)
        if not len(tried) and ask.in_clinic:
            nearest = anchor[_nearest(problem, tolerated.bars, anchor, int(place))]
            start_ma = _start_ma(problem, rule, nearest, int(place), here)
            ceiling_ma[rows] = np.maximum(ceiling_ma[rows], start_ma)
    return ceiling_ma


def _one_step_ma(rule: TitrationRule, anchor: Stimuli, step_ma: float, candidates: Stimuli) -> Array:
    """One device step or the rule's fraction above a tolerated trial, whichever is larger."""
    tolerated_ma = float(anchor.amplitude_ma)
    raised_ma = max(tolerated_ma * (1.0 + rule.step_fraction), tolerated_ma + step_ma)
    return _capped_ma(rule, anchor, raised_ma, step_ma, candidates)


def _start_ma(
    problem: Problem, rule: TitrationRule, anchor: Stimuli, place: int, candidates: Stimuli
) -> Array:
    """Start a configuration without a tolerated trial below what the nearest tried ones tolerated."""
    ceiling_ma = np.full(len(candidates), -np.inf)
    upper = np.exp(
        UPPER_95 * problem.excitability.threshold_log_sd(_away_mm(problem, place, anchor.configuration))
    )
    for row in range(len(anchor)):
        start_ma = rule.new_configuration_fraction * float(anchor.amplitude_ma[row] / upper[row])
        ceiling_ma = np.maximum(ceiling_ma, _capped_ma(rule, anchor[row], start_ma, 0.0, candidates))
    return ceiling_ma


def _nearest(problem: Problem, barred: tuple[Bar, ...], anchor: Stimuli, place: int) -> NDArray[np.int64]:
    """Return the anchors in the tried configurations nearest to a place; none where the nearest tolerated nothing."""
    stopped = np.array([int(bar.stimulus.configuration) for bar in barred], dtype=np.int64)
    stopped = stopped[(stopped >= 0) & (stopped != place)]
    away_mm = _away_mm(problem, place, anchor.configuration)
    nearest_mm = np.append(away_mm, _away_mm(problem, place, stopped)).min()
    return np.flatnonzero(away_mm <= nearest_mm + SAME_PLACE_MM)


def _away_mm(problem: Problem, place: int, others: NDArray[np.int64]) -> Array:
    """Distance of configurations from one, in mm."""
    places = problem.space.places
    return np.array([places[place].distance_mm(places[other]) for other in others], dtype=np.float64)


def _retreat_ma(problem: Problem, rule: TitrationRule, tolerated: Anchors, candidates: Stimuli) -> Array:
    """Down from settings in force that were not tolerated, by as much as a new configuration starts lower.

    From severe ones to half, as their neighbours restart. Until a clinician has seen such a report the ask is a hold.
    """
    ceiling_ma = np.full(len(candidates), -np.inf)
    if tolerated.retreat is None:
        return ceiling_ma
    point = strength.of_point(problem, tolerated.retreat)
    fraction = NEIGHBOUR_FRACTION if tolerated.severe else rule.new_configuration_fraction
    lower_ma = fraction * float(point.amplitude_ma)
    here = candidates.configuration == point.configuration
    return np.where(here, _capped_ma(rule, point, lower_ma, 0.0, candidates), ceiling_ma)


def _capped_ma(
    rule: TitrationRule, anchor: Stimuli, raised_ma: float, step_ma: float, candidates: Stimuli
) -> Array:
    """Current as strong as an anchor raised to some current, within the raw caps on current, charge and width, ``(c,)``.

    A lower rate earns no credit; a higher one lowers the threshold as the device file states. The caps never forbid one
    device step.
    """
    tolerated_ma = float(anchor.amplitude_ma)
    slower = np.minimum(candidates.rate_factor / anchor.rate_factor, 1.0)
    by_intensity = strength.as_strong_ma(raised_ma, anchor, candidates) * slower
    widths = candidates.pulse_width_us / float(anchor.pulse_width_us)
    by_charge = max(tolerated_ma * rule.charge_ratio, tolerated_ma + step_ma) / widths
    by_current = max(tolerated_ma * rule.current_ratio, tolerated_ma + step_ma)
    near = np.maximum(widths, 1.0 / widths) <= rule.width_ratio * (1.0 + strength.TOLERANCE)
    return np.where(near, np.minimum(np.minimum(by_intensity, by_charge), by_current), -np.inf)


def _strongest(stimuli: Stimuli) -> Stimuli:
    """Keep the strongest of those that differ in current only: the others reach nowhere it does not."""
    order = np.lexsort((-stimuli.amplitude_ma,))
    rows = np.stack([stimuli.configuration, stimuli.pulse_width_us, stimuli.frequency_hz], axis=1)[order]
    _, first = np.unique(rows, axis=0, return_index=True)
    return stimuli[order[first]]


def _device_step_ma(problem: Problem, amplitude_ma: Array) -> Array:
    """Distance from an amplitude to the next higher level of the device; 0 at the top."""
    levels = np.array(problem.space.parameter("amplitude_ma").numbers)
    above = np.minimum(np.searchsorted(levels, amplitude_ma + GRID_TOLERANCE, side="right"), len(levels) - 1)
    return np.asarray(np.maximum(levels[above] - amplitude_ma, 0.0))


def _structural_changes(problem: Problem, ask: Ask, indices: Indices) -> NDArray[np.int64]:
    """Number of categorical parameters that differ from the settings in force, ``(c,)``."""
    changes = np.zeros(len(indices), dtype=np.int64)
    for axis, parameter in enumerate(problem.space.parameters):
        if parameter.is_categorical:
            current = parameter.find(ask.in_force.values.get(parameter.name))
            changes += indices[:, axis] != (-1 if current is None else current)
    return changes


def _inside_patient_range(ask: Ask, candidates: Stimuli) -> NDArray[np.bool_]:
    """Return which currents the patient may use at home; none where the range is not known."""
    if ask.patient_range_ma is None:
        return np.zeros(len(candidates), dtype=np.bool_)
    low_ma, high_ma = ask.patient_range_ma
    return (candidates.amplitude_ma >= low_ma - GRID_TOLERANCE) & (
        candidates.amplitude_ma <= high_ma + GRID_TOLERANCE
    )
