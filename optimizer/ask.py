"""A question put to the optimiser: when, in which context, from which settings."""

from dataclasses import dataclass
from datetime import datetime

from optimizer.errors import ProblemDefinitionError
from optimizer.trial import Applied, Posture, utc


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What the caller knows at the moment of asking.

    Raises:
        ProblemDefinitionError: If ``q`` is below one or the patient's range does not ascend.
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
        if self.q < 1:
            raise ProblemDefinitionError("ask.q", "is below one", limit="1 or more")
        if self.patient_range_ma is not None and not self.patient_range_ma[0] <= self.patient_range_ma[1]:
            raise ProblemDefinitionError("ask.patient_range_ma", "does not ascend", limit="(lowest, highest)")
