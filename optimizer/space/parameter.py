"""One programmable dimension: a named, finite, ordered set of values the device can be set to."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import TypedDict, Unpack, cast

from optimizer.errors import OffGridError, ParameterDefinitionError

Value = float | str
"""A raw value of one parameter: a number in its unit, or the name of a category."""

CONFIGURATION = "configuration"
"""Reserved name of the parameter whose categories are the configurations of the lead."""

GRID_TOLERANCE = 1e-6
"""How far (of the value, or absolute below one) a number may be from a grid point and still be that point."""


class Scale(StrEnum):
    """How distances along a parameter are felt."""

    LINEAR = "linear"
    LOG = "log"
    CATEGORICAL = "categorical"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One programmable dimension.

    Raises:
        ParameterDefinitionError: If the levels are empty, repeated, out of order, or do not fit the scale.
    """

    name: str
    """Name with its unit as suffix (``amplitude_ma``); ``configuration`` is reserved."""
    unit: str
    """UCUM code; ``1`` for pure numbers and categories."""
    levels: tuple[Value, ...]
    """Every value the device can be set to, ascending for numbers."""
    scale: Scale = Scale.LINEAR
    """Linear, logarithmic or categorical."""
    source: str = ""
    """Where the range and the step come from."""
    evidence: str = "A"
    """S seen in a source, D derived, U unconfirmed, A assumption."""

    def __post_init__(self) -> None:
        """Check the levels."""
        if not self.levels:
            raise ParameterDefinitionError(self.name, "has no levels", limit="at least one")
        if len(set(self.levels)) != len(self.levels):
            raise ParameterDefinitionError(self.name, "repeats a level", limit="distinct levels")
        if self.is_categorical:
            if not all(isinstance(level, str) for level in self.levels):
                raise ParameterDefinitionError(self.name, "has a category that is not a name")
            return
        if any(isinstance(level, str) for level in self.levels):
            raise ParameterDefinitionError(self.name, "has a level that is not a number")
        object.__setattr__(self, "levels", tuple(float(level) for level in self.levels))
        numbers = self.numbers
        if not all(map(math.isfinite, numbers)) or list(numbers) != sorted(numbers):
            raise ParameterDefinitionError(self.name, "has levels that are not finite and ascending")
        if self.scale is Scale.LOG and numbers[0] <= 0:
            raise ParameterDefinitionError(
                self.name, "is logarithmic with a level at or below zero", limit="> 0"
            )

    @property
    def is_categorical(self) -> bool:
        """Whether the levels are names without an order."""
        return self.scale is Scale.CATEGORICAL

    @property
    def numbers(self) -> tuple[float, ...]:
        """The levels as numbers; raises ParameterDefinitionError where they are categories."""
        if self.is_categorical:
            raise ParameterDefinitionError(self.name, "has levels that are not numbers")
        return cast(tuple[float, ...], self.levels)

    @property
    def size(self) -> int:
        """Number of levels."""
        return len(self.levels)

    def find(self, value: object) -> int | None:
        """Return the grid index of a raw value, or None where it is not on the grid."""
        if self.is_categorical:
            return self.levels.index(value) if isinstance(value, str) and value in self.levels else None
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            return None
        nearest = self.nearest(float(value))
        return nearest if self.is_at(nearest, value) else None

    def is_at(self, index: int, value: object) -> bool:
        """Return whether a raw value is the level at a grid index, but for the last bits of a number."""
        if self.is_categorical or not isinstance(value, int | float):
            return value == self.levels[index]
        return abs(self.numbers[index] - value) <= GRID_TOLERANCE * max(1.0, abs(value))

    def index_of(self, value: object) -> int:
        """Return the grid index of a raw value.

        Raises:
            OffGridError: If the device cannot be set to it.
        """
        index = self.find(value)
        if index is None and isinstance(value, str) and not self.is_categorical:
            raise OffGridError(self.name, "is text, not a number", limit=self.describe())
        if index is None:
            raise OffGridError(
                self.name, "is not on the device grid", limit=self.describe(), remedy="Choose a grid point."
            )
        return index

    def nearest(self, number: float) -> int:
        """Return the index of the level nearest to a number, the lower one on a tie."""
        numbers = self.numbers
        return min(range(len(numbers)), key=lambda index: (abs(numbers[index] - number), index))

    def describe(self) -> str:
        """Say the grid in words, for messages."""
        if self.is_categorical:
            return "one of " + ", ".join(map(str, self.levels))
        numbers = self.numbers
        unit = "" if self.unit == "1" else f" {self.unit}"
        steps = {round(b - a, 9) for a, b in pairwise(numbers)}
        if len(steps) == 1:
            return f"{numbers[0]:g} to {numbers[-1]:g}{unit} in steps of {steps.pop():g}"
        if len(numbers) <= 16:
            return "one of " + ", ".join(f"{number:g}" for number in numbers) + unit
        return f"{numbers[0]:g} to {numbers[-1]:g}{unit} in steps of {min(steps):g} to {max(steps):g}"


class About(TypedDict, total=False):
    """What may be said of a parameter besides its levels; the fields of :class:`Parameter` of the same names."""

    scale: Scale
    source: str
    evidence: str


def uniform(name: str, unit: str, low: float, high: float, step: float, **about: Unpack[About]) -> Parameter:
    """Build a parameter with equal steps, for example ``uniform("amplitude_ma", "mA", 0, 25.5, 0.1)``."""
    return piecewise(name, unit, [(low, high, step)], **about)


def piecewise(
    name: str,
    unit: str,
    segments: Sequence[tuple[float, float, float]],
    **about: Unpack[About],
) -> Parameter:
    """Build a parameter whose step changes along its range.

    Args:
        name: Name with its unit as suffix.
        unit: UCUM code.
        segments: ``(low, high, step)`` in ascending order; a segment may start where the last one ended.
        **about: Scale, source and evidence.

    Returns:
        The parameter; levels are exact decimals (0.3, never 0.30000000000000004).
    """
    levels: list[float] = []
    for low, high, step in segments:
        levels += [level for level in _steps(name, low, high, step) if not levels or level > levels[-1]]
    return listed(name, unit, levels, **about)


def listed(name: str, unit: str, values: Iterable[float], **about: Unpack[About]) -> Parameter:
    """Build a parameter from an irregular list of values."""
    return Parameter(name=name, unit=unit, levels=tuple(float(value) for value in values), **about)


def categorical(name: str, categories: Iterable[str], *, source: str = "", evidence: str = "A") -> Parameter:
    """Build a parameter whose values are names without an order."""
    return Parameter(
        name=name,
        unit="1",
        levels=tuple(categories),
        scale=Scale.CATEGORICAL,
        source=source,
        evidence=evidence,
    )


def _steps(name: str, low: float, high: float, step: float) -> list[float]:
    if not all(map(math.isfinite, (low, high, step))) or step <= 0 or high < low:
        raise ParameterDefinitionError(
            name, "has a segment that does not ascend", limit="low <= high and step > 0"
        )
    # Decimal of the shortest decimal text: 0.1 means one tenth, not its binary neighbour.
    first, last, width = (Decimal(repr(number)) for number in (float(low), float(high), float(step)))
    if (last - first) % width:
        raise ParameterDefinitionError(
            name, "has a segment that its step does not divide", limit=f"steps of {step:g}"
        )
    return [float(first + width * index) for index in range(int((last - first) / width) + 1)]
