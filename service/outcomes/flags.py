"""What to look at about a fact. A fact is stored whatever it means; these codes say what it means."""

from collections.abc import Collection, Mapping
from datetime import datetime

import numpy as np

from optimizer.errors import EnvelopeError, HardLimitError, UnknownParameterError
from optimizer.history import History
from optimizer.problem import Problem
from optimizer.rating import rates
from optimizer.safety import closure
from optimizer.space.parameter import Value
from optimizer.trial import Posture, Report, Trial
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
    flags = []
    settings = problem.space.find(values)
    readings = problem.space.readings(values)
    if settings is None:
        flags.append("off_grid")
    if any(reading.value is not None and not reading.met for reading in readings):
        flags.append("past_limit")
    if any(reading.value is None and reading.required and not reading.met for reading in readings):
        flags.append("limit_not_checked")
    if settings is not None:
        try:
            problem.check(settings)
        except EnvelopeError:
            flags.append("outside_envelope")
        except HardLimitError:
            pass  # flagged above
        closed = closure.closures(problem, history)
        if not closure.open_to(problem, closed, np.array([settings.indices], dtype=np.int64))[0]:
            flags.append("closed")
    if occurred_at > now + CLOCK_TOLERANCE:
        flags.append("in_the_future")
    return flags


def of_end(ended: CourseEnd | None, began_at: datetime) -> list[str]:
    """Return the code that holds of what began after the end of its course; what happened before may be told late."""
    return ["after_course_end"] if ended is not None and began_at > ended.occurred_at else []


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
