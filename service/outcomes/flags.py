"""What to look at about what was applied. A fact is stored whatever it means; these codes say what it means."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import numpy as np

from optimizer.errors import UnknownParameterError
from optimizer.history import History
from optimizer.problem import Problem
from optimizer.safety import closure
from optimizer.space.parameter import GRID_TOLERANCE, Value
from optimizer.space.settings import Settings
from optimizer.trial import UNSTIMULATED, Trial
from service.ledger.course_end import CourseEnd
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


def of_end(ended: CourseEnd | None, began_at: datetime) -> list[str]:
    """Return the code that holds of what began after the end of its course; what happened before may be told late."""
    return ["after_course_end"] if ended is not None and began_at > ended.occurred_at else []


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
    if trial.applied.settings not in plan or trial.kind in UNSTIMULATED:
        return ["differs_from_approval"]
    began = (trial.occurred_at, trial.recorded_at)
    place = sum((other.occurred_at, other.recorded_at) < began for other in others)
    in_order = len(plan) == 1 or (place < len(plan) and plan[place] == trial.applied.settings)
    return [] if in_order else ["out_of_order"]
