"""One row of a researcher's table: plain numbers, its grid point, its time. What is wrong is said of its row and column."""

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np

from optimizer.errors import OffGridError, TrialOrderError, UnknownParameterError
from optimizer.problem import Problem
from optimizer.space.settings import Settings
from optimizer.trial import utc

TIMES: Final = "a time with its zone in `at`, or a number in `day`"
GAPS: Final = ("NAType", "NaTType")
"""What pandas calls the kinds of its gaps; known by name, so that nobody needs pandas."""
MOST_DAYS: Final = 700_000
"""From the year 2000 back to the year 84, and as far ahead."""


def plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with plain numbers: numpy and pandas hold numbers of their own kinds, which no document can."""
    return {
        name: value.item() if isinstance(value, np.generic) else value for name, value in dict(row).items()
    }


def is_gap(value: object) -> bool:
    """Return whether a table says nothing here: None, or what pandas has in a gap (NaN, NA, NaT)."""
    return value is None or type(value).__name__ in GAPS or (isinstance(value, float) and math.isnan(value))


def settings_of(problem: Problem, row: Mapping[str, Any], number: int) -> Settings:
    """Return the grid point of a row.

    Args:
        problem: Declares the parameters.
        row: Holds a value for each, in its unit, and may hold more.
        number: Of the row, for the message.

    Returns:
        The grid point.

    Raises:
        UnknownParameterError: If a parameter has no value.
        OffGridError: If the device cannot be set to a value.
    """
    stated = {name: row[name] for name in problem.space.names if not is_gap(row.get(name))}
    try:
        return problem.space.settings(stated)
    except OffGridError as error:
        remedy = "If it was applied nevertheless, add it as a Trial."
        field = f"rows.{number}.{error.field}"
        raise OffGridError(field, error.problem, limit=error.limit, remedy=remedy) from None
    except UnknownParameterError as error:
        field = f"rows.{number}.{error.field}"
        raise UnknownParameterError(field, error.problem, limit=error.limit) from None


def time_of(row: Mapping[str, object], number: int, began: datetime) -> datetime:
    """Return when the trial of a row was.

    Args:
        row: Holds a time in ``at``, or days in ``day``, or neither: then its number counts as days.
        number: Of the row.
        began: Day zero of tables that count days.

    Returns:
        The instant, in UTC.

    Raises:
        TrialOrderError: If it is none or has no zone, or the row has a column for times and nothing in it.
    """
    at, field = row.get("at"), f"rows.{number}.at"
    if is_gap(at):
        # a table that names times and lacks one must not put that trial at day zero
        if "at" in row and "day" not in row:
            raise TrialOrderError(field, "is missing", limit=TIMES)
        return began + _days(row.get("day", number), f"rows.{number}.day")
    try:
        return utc(datetime.fromisoformat(at) if isinstance(at, str) else at, field)  # type: ignore[arg-type]
    except ValueError:
        raise TrialOrderError(field, "is no time", limit=TIMES) from None


def _days(day: object, field: str) -> timedelta:
    if isinstance(day, int | float) and abs(day) <= MOST_DAYS:
        return timedelta(days=day)
    raise TrialOrderError(field, "is no day", limit=TIMES)
