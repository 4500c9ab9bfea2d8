"""A value for every parameter, equal by grid index."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from optimizer.errors import UnknownParameterError
from optimizer.space.parameter import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One point of a device grid. Built by a ``SearchSpace``, never by hand.

    Two settings are equal when they are the same grid point, however their numbers were written.
    """

    names: tuple[str, ...]
    """Parameter names, in the order of the space."""
    indices: tuple[int, ...]
    """Grid index of each parameter."""
    values: tuple[Value, ...] = field(compare=False)
    """The value at each index, in the parameter's unit."""

    def __getitem__(self, name: str) -> Value:
        """Return the value of one parameter; raises UnknownParameterError for a name there is not."""
        if name not in self.names:
            raise UnknownParameterError(
                name, "is not a parameter of these settings", limit=", ".join(self.names)
            )
        return self.values[self.names.index(name)]

    def as_dict(self) -> dict[str, Value]:
        """Return the raw values by name."""
        return dict(zip(self.names, self.values, strict=True))


def number(values: Mapping[str, Value], name: str) -> float:
    """Return a numeric value by name; raises UnknownParameterError where it is absent or a category."""
    value = values.get(name)
    if value is None or isinstance(value, str):
        raise UnknownParameterError(name, "is missing or is not a number", remedy="Give a value for it.")
    return float(value)
