"""A question put to the optimiser: when, in which context, from which settings."""

import math
from dataclasses import dataclass
from datetime import datetime

from optimizer.errors import ProblemDefinitionError, TrialOrderError, UnknownParameterError
from optimizer.history import check_applied
from optimizer.problem import Problem
from optimizer.trial import Applied, Posture, utc

MOST_STEPS = 20
"""Steps of the longest plan; each is decided as if all before it had come out as predicted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What the caller knows at the moment of asking.

    Raises:
        TrialOrderError: If the time has no zone, or leaves no room before or after it.
        ProblemDefinitionError: If ``q`` is below one or above ``MOST_STEPS``, the patient's range does not ascend, or what is in
            force is a table of values, not applied settings.
    """

    at: datetime
    """Facts recorded later play no part."""
    in_force: Applied
    """The settings running now, or the clinician's stated start; taken as tolerated unless the history says otherwise."""
    in_clinic: bool = True
    patient_range_ma: tuple[float, float] | None = None
    """The amplitude range the patient may use at home."""
    posture: Posture = Posture.UNKNOWN
    locked: tuple[str, ...] = ()
    """Parameters that must stay as in force."""
    q: int = 1
    """How many settings to plan for this session."""
    exclude: tuple[tuple[int, ...], ...] = ()
    """Grid points a clinician rejected in this session."""

    def __post_init__(self) -> None:
        """Bring the time to UTC and check the counts."""
        object.__setattr__(self, "at", utc(self.at, "ask.at"))
        if not 2 <= self.at.year <= 9998:
            raise TrialOrderError("ask.at", "lies at the edge of the calendar", limit="years 2 to 9998")
        if not isinstance(self.in_force, Applied):
            raise ProblemDefinitionError(
                "ask.in_force", "are no applied settings", remedy="Build them with applied(problem, values)."
            )
        if not 1 <= self.q <= MOST_STEPS:
            raise ProblemDefinitionError("ask.q", "is not a number of steps", limit=f"1 to {MOST_STEPS}")
        if self.patient_range_ma is not None:
            low_ma, high_ma = self.patient_range_ma
            if not (math.isfinite(low_ma) and math.isfinite(high_ma) and low_ma <= high_ma):
                raise ProblemDefinitionError(
                    "ask.patient_range_ma", "does not ascend", limit="(lowest, highest)"
                )


def check_ask(problem: Problem, ask: Ask) -> None:
    """Hold a question against the space it speaks of.

    Raises:
        OffGridError: If the grid point in force is not that of the values in force.
        UnknownParameterError: If a locked name is no parameter.
        ProblemDefinitionError: If an excluded entry is no grid point.
    """
    check_applied(problem, ask.in_force, "ask.in_force")
    if not set(ask.locked) <= set(problem.space.names):
        raise UnknownParameterError(
            "ask.locked", "names no parameter of this device", limit=", ".join(problem.space.names)
        )
    if not all(problem.space.has(point) for point in ask.exclude):
        raise ProblemDefinitionError(
            "ask.exclude",
            "holds what is not a grid point",
            limit=f"{len(problem.space.sizes)} grid indices each",
        )
