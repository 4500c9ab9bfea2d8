"""Side effects by kind, and what is tolerable."""

from dataclasses import dataclass
from enum import StrEnum

from optimizer.errors import ProblemDefinitionError
from optimizer.outcomes.scale import GRADE, OutcomeScale


class Nature(StrEnum):
    """How a side effect behaves; only the first is monotone in intensity."""

    INTENSITY = "intensity"
    """Grows with intensity: uncomfortable paraesthesia, muscle twitch, rib sensation."""
    FADING = "fading"
    """Habituates over weeks or months: hoarseness, cough."""
    HARD_STOP = "hard_stop"
    """Any occurrence stops the search until a clinician has reviewed it: weakness, syncope, dyspnoea."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SideEffect:
    """One kind of side effect a course asks for."""

    name: str
    nature: Nature
    scale: OutcomeScale = GRADE


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerability:
    """The limit on side effects and the confidence it is held with.

    Raises:
        ProblemDefinitionError: If the grades are not in order or the ceiling is not a probability.
    """

    limit_grade: float = 4.0
    """A grade above this is intolerable."""
    severe_grade: float = 7.0
    """This grade and more is severe: it closes and needs review."""
    ceiling: float = 0.05
    """Largest probability of an intolerable report a proposal may carry; a ceiling, not a target."""

    def __post_init__(self) -> None:
        """Check the order of the grades."""
        # at either end of the scale no report could tell how far the limit is
        if not GRADE.low < self.limit_grade < GRADE.high:
            raise ProblemDefinitionError(
                "tolerability.limit_grade", "is not inside the scale of grades", limit="between 0 and 10"
            )
        if not self.limit_grade < self.severe_grade:
            raise ProblemDefinitionError("tolerability", "has a severe grade at or below the limit grade")
        if not 0.0 < self.ceiling < 1.0:
            raise ProblemDefinitionError(
                "tolerability.ceiling", "is not a probability", limit="between 0 and 1"
            )


DISCOMFORT = SideEffect(name="discomfort", nature=Nature.INTENSITY)
"""Uncomfortable paraesthesia; the one kind every stimulation course asks for."""

COMMON_SIDE_EFFECTS = (
    DISCOMFORT,
    SideEffect(name="muscle_twitch", nature=Nature.INTENSITY),
    SideEffect(name="rib_sensation", nature=Nature.INTENSITY),
    SideEffect(name="hoarseness", nature=Nature.FADING),
    SideEffect(name="cough", nature=Nature.FADING),
    SideEffect(name="weakness", nature=Nature.HARD_STOP),
    SideEffect(name="syncope", nature=Nature.HARD_STOP),
    SideEffect(name="dyspnoea", nature=Nature.HARD_STOP),
)
"""Kinds a course asks for unless it names its own."""
