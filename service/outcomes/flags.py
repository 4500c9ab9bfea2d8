"""What to look at about a fact. A fact is stored whatever it means; these codes say what it means."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import numpy as np

from optimizer.errors import UnknownParameterError
from optimizer.history import History
from optimizer.problem import Problem
from optimizer.rating import rates
from optimizer.safety import closure
from optimizer.space.parameter import GRID_TOLERANCE, Value
from optimizer.space.settings import Settings
from optimizer.trial import Measure, Posture, Report, Trial
from service.ledger.in_force import CLOCK_TOLERANCE
from service.ledger.life_cycle import APPROVED, Status


def check_shape(problem: Problem, values: Mapping[str, Value]) -> None:
    """Refuse what is no settings at all: it cannot be a fact about this device.

    Raises:
        UnknownParameterError: If a name is not a parameter, one is missing, or a number stands for a category.
    """
    names = problem.space.names
    for name in values:
        problem.space.parameter(name)
    for name in names:
        if name not in values:
            raise UnknownParameterError(name, "has no value", limit="a value for every parameter")
        if problem.space.parameter(name).is_categorical != isinstance(values[name], str):
            raise UnknownParameterError(
                name, "has a value of the wrong kind", limit="a number, or a category's name"
            )


def of_trial(
    problem: Problem,
    history: History,
    values: Mapping[str, Value],
    *,
    occurred_at: datetime,
    now: datetime,
) -> list[str]:
    """Return the codes that hold of settings as applied."""
    settings = problem.space.find(values)
    flags = ["off_grid"] if settings is None else []
    flags += _passed(problem, values)
    if settings is not None:
        closed = closure.closures(problem, history)
        if not closure.open_to(problem, closed, np.array([settings.indices], dtype=np.int64))[0]:
            flags.append("closed")
    if occurred_at > now + CLOCK_TOLERANCE:
        flags.append("in_the_future")
    return flags


def of_ramp(problem: Problem, trial: Trial) -> list[str]:
    """Return the codes that hold of the way up: of its strongest rung, where that is above the settings themselves."""
    applied_ma = trial.applied.values.get("amplitude_ma")
    highest_ma = max((rung.amplitude_ma for rung in trial.ramp), default=0.0)
    if not isinstance(applied_ma, int | float) or highest_ma <= applied_ma + GRID_TOLERANCE:
        return []
    return ["ramp_past_settings", *_passed(problem, {**trial.applied.values, "amplitude_ma": highest_ma})]


def _passed(problem: Problem, values: Mapping[str, Value]) -> list[str]:
    """Return the codes of what settings pass, on the grid or off it: device, hard limits, envelope."""
    readings = problem.space.readings(values)
    spans = {p.name: (p.numbers[0], p.numbers[-1]) for p in problem.space.parameters if not p.is_categorical}
    flags = []
    if _outside(spans, values) or any(r.value is not None and not r.met for r in readings):
        flags.append("past_limit")
    if any(r.value is None and r.required and not r.met for r in readings):
        flags.append("limit_not_checked")
    chosen = all(values[name] in choices for name, choices in problem.envelope.choices.items())
    if _outside(problem.envelope.bounds, values) or not chosen:
        flags.append("outside_envelope")
    return flags


def _outside(bounds: Mapping[str, tuple[float, float]], values: Mapping[str, Value]) -> bool:
    """Return whether a number lies outside its bounds."""
    numbers = [(values[name], low, high) for name, (low, high) in bounds.items()]
    return any(
        isinstance(value, int | float) and not low - GRID_TOLERANCE <= value <= high + GRID_TOLERANCE
        for value, low, high in numbers
    )


def of_report(report: Report, trial: Trial | None, now: datetime) -> list[str]:
    """Return the codes that hold of a rating.

    It may be dated before its trial, after its end, or in the future; a trial that was taken back is None, and what is said
    of it does not count.
    """
    if trial is None:
        return ["trial_taken_back"]
    flags = []
    if report.occurred_at < trial.occurred_at:
        flags.append("before_trial")
    if trial.ended_at is not None and report.occurred_at > trial.ended_at + CLOCK_TOLERANCE:
        flags.append("after_trial")
    if report.occurred_at > now + CLOCK_TOLERANCE:
        flags.append("in_the_future")
    return flags


def of_kind(problem: Problem, report: Report) -> list[str]:
    """Return the code that holds of harm of a kind the course does not declare; above 0 it counts as a hard stop."""
    told = report.measure is Measure.SIDE_EFFECT and report.value is not None
    return ["undeclared_kind"] if told and problem.side_effect(report.kind) is None else []


Moment = tuple[str, datetime, Posture]
"""Trial, instant and posture of a rating."""


def of_sites(problem: Problem, report: Report, trial: Trial | None, rated: Collection[Moment]) -> list[str]:
    """Return the code that holds of a rating of pain while a site that counts was not rated beside it.

    Args:
        problem: Its objective names the sites; where pain is one, the code never holds.
        report: The rating.
        trial: Its trial; None where that was taken back.
        rated: The moments that were rated in full by now, this report included.
    """
    if not problem.objective.site_weights or trial is None or not rates(trial, report):
        return []
    return [] if (trial.id, report.occurred_at, report.posture) in rated else ["sites_missing"]


def of_status(status: Status | None, *, was_approved: bool) -> list[str]:
    """Return the codes that hold of the proposal a trial followed.

    Args:
        status: Where the proposal stood when the record learned of the trial; None where the trial followed none.
        was_approved: Whether a clinician approved it at all. An approval that ran out may have been applied in time and
            reported late.
    """
    if status is None:
        return ["not_proposed"]
    ran_out = status is Status.EXPIRED and was_approved
    return [] if ran_out or status in (*APPROVED, Status.APPLIED) else ["not_approved"]


def of_plan(plan: Sequence[Settings], trial: Trial, others: Collection[Trial]) -> list[str]:
    """Return the code that holds of a trial beside what was approved.

    Args:
        plan: The settings that were approved, in order.
        trial: It followed them.
        others: What followed them beside it; steps are counted as they were applied, in whatever order they were recorded.
    """
    if trial.applied.settings not in plan:
        return ["differs_from_approval"]
    began = (trial.occurred_at, trial.recorded_at)
    place = sum((other.occurred_at, other.recorded_at) < began for other in others)
    in_order = len(plan) == 1 or (place < len(plan) and plan[place] == trial.applied.settings)
    return [] if in_order else ["out_of_order"]
