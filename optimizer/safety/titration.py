"""How far a proposal may go beyond what this patient tolerated (decisions 4 and 5 of the design).

Intensity is current over perception threshold. Where the threshold is not known, the ratio of two intensities is taken at
the worst chronaxie of the device's range and, between configurations, at the upper 95 % of the threshold's spread.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimizer.ask import Ask
from optimizer.history import History
from optimizer.problem import Problem, TitrationRule
from optimizer.space import pulse
from optimizer.space.constraint import Array, Columns
from optimizer.space.parameter import CONFIGURATION, GRID_TOLERANCE, Value
from optimizer.space.search_space import Indices
from optimizer.trial import Facts, RungOutcome, TrialKind

UPPER_95 = 1.6448536269514722
"""Standard normal quantile: one-sided 95 %."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchors:
    """Settings this patient tolerated, as raw points."""

    points: tuple[Mapping[str, Value], ...]


def is_tolerated(problem: Problem, facts: Facts) -> bool:
    """Return whether a trial counts as tolerated: it was rated, no side effect passed the limit, no rung met discomfort.

    A trial nobody rated shows nothing.
    """
    rated = bool(facts.pain or facts.side_effects)
    harmed = any(problem.is_intolerable(r.kind, r.value) for r in facts.side_effects if r.value is not None)
    uncomfortable = any(rung.outcome is RungOutcome.DISCOMFORT for rung in facts.trial.ramp)
    return rated and not harmed and not uncomfortable


def anchors(problem: Problem, history: History, ask: Ask) -> Anchors:
    """Return the tolerated trials and the settings in force, unless those were reported intolerable."""
    points: list[Mapping[str, Value]] = []
    refused: list[Mapping[str, Value]] = []
    for facts in history.facts:
        if facts.trial.kind is TrialKind.STIMULATION_OFF:
            continue
        values = facts.trial.applied.values
        if is_tolerated(problem, facts):
            points.append(values)
        elif facts.side_effects:
            refused.append(values)
    if ask.in_force.values not in refused:
        points.append(ask.in_force.values)
    return Anchors(points=tuple(points))


def within_reach(problem: Problem, tolerated: Anchors, ask: Ask, indices: Indices) -> NDArray[np.bool_]:
    """Return which grid points the titration rule lets a proposal name.

    Args:
        problem: Declares rule and excitability; without a rule everything is within reach.
        tolerated: From :func:`anchors`.
        ask: In clinic or at home, and the settings in force.
        indices: ``(c, d)`` grid indices.

    Returns:
        ``(c,)``: True where the settings are at most one step stronger than tolerated ones of the same configuration, or
        weaker by the rule's fraction than those of the nearest tried one; with at most one structural change; and at home
        only inside the patient's range.
    """
    n = len(indices)
    rule = problem.titration
    if rule is None:
        return np.ones(n, dtype=np.bool_)
    if not tolerated.points:
        return np.zeros(n, dtype=np.bool_)
    candidates = problem.space.columns(indices)
    anchor = problem.space.columns_of(list(tolerated.points))
    reach = _same_configuration(problem, rule, candidates, anchor)
    if ask.in_clinic:
        reach |= _new_configuration(problem, rule, candidates, anchor)
    reach &= _structural_changes(problem, ask, indices) <= 1
    if not ask.in_clinic:
        reach &= _at_home(problem, ask, candidates, indices)
    return reach


def intensity_ratio(problem: Problem, candidates: Columns, anchor: Columns) -> Array:
    """Return candidate over anchor intensity at the same place, ``(c, a)``, at the worst chronaxie of the range.

    A lower rate earns no credit; a higher one lowers the threshold as the device file states.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        current = candidates.amplitude_ma[:, None] / anchor.amplitude_ma[None, :]
    by_width = [
        pulse.width_factor(anchor.pulse_width_us, np.full(1, chronaxie))[None, :]
        / pulse.width_factor(candidates.pulse_width_us, np.full(1, chronaxie))[:, None]
        for chronaxie in (problem.excitability.chronaxie_low_us, problem.excitability.chronaxie_high_us)
    ]
    rate = problem.excitability.rate_factor
    by_rate = np.maximum(rate(anchor.frequency_hz)[None, :] / rate(candidates.frequency_hz)[:, None], 1.0)
    # zero over zero (both off) is no step at all
    current = np.where(candidates.amplitude_ma[:, None] <= 0.0, 0.0, current)
    return np.asarray(current * np.maximum(*by_width) * by_rate)


def _same_configuration(
    problem: Problem, rule: TitrationRule, candidates: Columns, anchor: Columns
) -> NDArray[np.bool_]:
    """One device step or the rule's fraction above a tolerated trial, within the raw caps."""
    same = candidates.configuration[:, None] == anchor.configuration[None, :]
    ratio = intensity_ratio(problem, candidates, anchor)
    step_ma = _device_step_ma(problem, anchor.amplitude_ma)
    with np.errstate(divide="ignore", invalid="ignore"):
        one_step = np.where(
            anchor.amplitude_ma > 0, (anchor.amplitude_ma + step_ma) / anchor.amplitude_ma, np.inf
        )
        allowed = ratio <= np.maximum(1.0 + rule.step_fraction, one_step)[None, :] + 1e-9
    # from zero the ratio says nothing: one device step, the same width or shorter
    from_zero = (anchor.amplitude_ma <= 0)[None, :] & (
        candidates.amplitude_ma[:, None] <= step_ma[None, :] + GRID_TOLERANCE
    )
    allowed = np.where((anchor.amplitude_ma <= 0)[None, :], from_zero, allowed)
    return np.asarray((same & allowed & _inside_raw_caps(rule, candidates, anchor, step_ma)).any(axis=1))


def _inside_raw_caps(
    rule: TitrationRule, candidates: Columns, anchor: Columns, step_ma: Array
) -> NDArray[np.bool_]:
    current = candidates.amplitude_ma[:, None]
    cap_ma = np.maximum(anchor.amplitude_ma * rule.current_ratio, anchor.amplitude_ma + step_ma)[None, :]
    charge = candidates.charge_uc[:, None]
    cap_uc = np.maximum(
        anchor.charge_uc * rule.charge_ratio,
        pulse.charge_per_phase_uc(anchor.amplitude_ma + step_ma, anchor.pulse_width_us),
    )[None, :]
    widths = candidates.pulse_width_us[:, None] / anchor.pulse_width_us[None, :]
    near = (widths <= rule.width_ratio + 1e-9) & (widths >= 1 / rule.width_ratio - 1e-9)
    return np.asarray((current <= cap_ma + GRID_TOLERANCE) & (charge <= cap_uc + 1e-9) & near)


def _new_configuration(
    problem: Problem, rule: TitrationRule, candidates: Columns, anchor: Columns
) -> NDArray[np.bool_]:
    """Start a configuration without a tolerated trial below what the nearest tried one tolerated."""
    n = len(candidates.amplitude_ma)
    if CONFIGURATION not in problem.space.names:
        return np.zeros(n, dtype=np.bool_)
    places = problem.space.places
    tried = sorted({int(index) for index in anchor.configuration if index >= 0})
    if not tried:
        return np.zeros(n, dtype=np.bool_)
    distance = np.array([[here.distance_mm(places[there]) for there in tried] for here in places])
    nearest = np.isclose(
        distance, distance.min(axis=1, keepdims=True)
    )  # (configurations, tried), ties together
    spread = np.exp(UPPER_95 * problem.excitability.threshold_log_sd(distance))
    ratio = intensity_ratio(problem, candidates, anchor)
    reach = np.zeros(n, dtype=np.bool_)
    for column, there in enumerate(tried):
        at_there = anchor.configuration == there
        is_nearest = nearest[candidates.configuration, column] & ~np.isin(candidates.configuration, tried)
        upper = ratio[:, at_there] * spread[candidates.configuration, column][:, None]
        enough = upper <= rule.new_configuration_fraction + 1e-9
        caps = _inside_raw_caps(rule, candidates, _rows(anchor, at_there), np.zeros(int(at_there.sum())))
        reach |= is_nearest & (enough & caps).any(axis=1)
    return reach


def _rows(columns: Columns, mask: NDArray[np.bool_]) -> Columns:
    return Columns(
        amplitude_ma=columns.amplitude_ma[mask],
        pulse_width_us=columns.pulse_width_us[mask],
        frequency_hz=columns.frequency_hz[mask],
        on_s=columns.on_s[mask],
        off_s=columns.off_s[mask],
        configuration=columns.configuration[mask],
        shares=columns.shares[mask],
        areas_cm2=columns.areas_cm2,
        impedance_ohm=columns.impedance_ohm,
        cycles=columns.cycles,
        balanced=columns.balanced,
    )


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


def _at_home(problem: Problem, ask: Ask, candidates: Columns, indices: Indices) -> NDArray[np.bool_]:
    """Inside the patient's range and without a structural change; nothing where the range is not known."""
    if ask.patient_range_ma is None:
        return np.zeros(len(indices), dtype=np.bool_)
    low, high = ask.patient_range_ma
    inside = (candidates.amplitude_ma >= low - GRID_TOLERANCE) & (
        candidates.amplitude_ma <= high + GRID_TOLERANCE
    )
    return np.asarray(inside & (_structural_changes(problem, ask, indices) == 0))
