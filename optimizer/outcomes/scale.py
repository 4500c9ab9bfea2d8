"""The scales reports are given on. A value off its scale is refused, never rounded."""

import math
from dataclasses import dataclass

from optimizer.errors import OutcomeScaleError, ProblemDefinitionError


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeScale:
    """A bounded scale, of whole numbers or of real ones.

    Raises:
        ProblemDefinitionError: If the bounds are not finite and ascending.
    """

    name: str
    low: float
    high: float
    whole: bool = True
    """Whether only whole numbers are on it, as patients give them; recorded maps may have fractions."""
    larger_is_better: bool = False
    """False for pain; True for a recorded response that one wants large."""

    def __post_init__(self) -> None:
        """Check the bounds."""
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise ProblemDefinitionError(f"scale {self.name}", "has bounds that are not finite and ascending")

    @property
    def width(self) -> float:
        """Length of the scale."""
        return self.high - self.low

    @property
    def point(self) -> float:
        """A point of a scale of 0 to 10, in units of this one: what is said in points holds on every scale."""
        return self.width / 10.0

    def check(self, value: object, field: str) -> float:
        """Return a value that lies on the scale.

        Args:
            value: What was reported.
            field: Where it stood, for the message.

        Returns:
            The value as a float.

        Raises:
            OutcomeScaleError: If it is not a finite number, lies outside, or has a fraction where none may be.
        """
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise OutcomeScaleError(field, "is not a finite number", limit=self.describe())
        if not self.low <= value <= self.high:
            raise OutcomeScaleError(field, f"is outside the {self.name} scale", limit=self.describe())
        if self.whole and value != int(value):
            raise OutcomeScaleError(
                field, f"has a fraction, the {self.name} scale has none", limit=self.describe()
            )
        return float(value)

    def describe(self) -> str:
        """Say the scale in words, for messages."""
        return f"{'whole numbers ' if self.whole else ''}{self.low:g} to {self.high:g}"


PAIN_NRS = OutcomeScale(name="pain", low=0, high=10)
"""Numeric rating scale of pain, 0 none to 10 worst imaginable; LOINC 72514-3."""

PAIN_REAL = OutcomeScale(name="pain", low=0, high=10, whole=False)
"""Pain 0 to 10 for sources that have fractions (means over a day, visual analogue scales)."""

GRADE = OutcomeScale(name="side-effect grade", low=0, high=10)
"""Side-effect grade, 0 none to 10 unbearable, as the patient gives it."""

GRADE_REAL = OutcomeScale(name="side-effect grade", low=0, high=10, whole=False)
"""Side-effect grade for sources that have fractions."""
