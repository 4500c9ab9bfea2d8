"""Every setting a device can be programmed to, without ever listing them all."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from optimizer.errors import ParameterDefinitionError, UnknownParameterError
from optimizer.space import constraint
from optimizer.space.configuration import Configuration, Contact, Place, place_of
from optimizer.space.constraint import Columns, Limit, Reading
from optimizer.space.parameter import CONFIGURATION, Parameter, Value
from optimizer.space.settings import Settings

Indices = NDArray[np.int64]
"""``(c, d)`` grid indices of ``c`` settings of ``d`` parameters."""


@dataclass(frozen=True, kw_only=True)
class SearchSpace:
    """A product of parameter grids with the hard limits that hold on it.

    Raises:
        ParameterDefinitionError: If names repeat, or contacts, configurations and categories do not fit together.
    """

    parameters: tuple[Parameter, ...]
    limits: tuple[Limit, ...] = ()
    contacts: tuple[Contact, ...] = ()
    configurations: tuple[Configuration, ...] = ()
    """One per category of the ``configuration`` parameter; exactly one where there is no such parameter but contacts."""
    impedance_ohm: float | None = None
    """Measured between cathode and anode; None where it was not."""
    balanced: bool = True
    """Whether the waveform returns all charge."""

    def __post_init__(self) -> None:
        """Check names and configurations."""
        if not self.parameters or len(set(self.names)) != len(self.names):
            raise ParameterDefinitionError("parameters", "are empty or share a name", limit="distinct names")
        named = tuple(configuration.name for configuration in self.configurations)
        if CONFIGURATION in self.names and self.parameter(CONFIGURATION).levels != named:
            raise ParameterDefinitionError(CONFIGURATION, "does not list the configurations in their order")
        if CONFIGURATION not in self.names and len(named) > 1:
            raise ParameterDefinitionError(
                "configurations", "are several, but no parameter chooses among them"
            )
        known = {contact.name for contact in self.contacts} | {"case"}
        for configuration in self.configurations:
            if not configuration.shares.keys() <= known:
                raise ParameterDefinitionError(
                    f"configuration {configuration.name}", "uses a contact that is not there"
                )

    @property
    def names(self) -> tuple[str, ...]:
        """Parameter names in order."""
        return tuple(parameter.name for parameter in self.parameters)

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """Number of levels of each parameter."""
        return tuple(parameter.size for parameter in self.parameters)

    @property
    def raw_size(self) -> int:
        """Number of grid points before any limit."""
        return math.prod(self.sizes)

    def parameter(self, name: str) -> Parameter:
        """Return a parameter by name; raises UnknownParameterError where there is none."""
        for parameter in self.parameters:
            if parameter.name == name:
                return parameter
        raise UnknownParameterError(name, "is not a parameter of this device", limit=", ".join(self.names))

    def settings(self, values: Mapping[str, object]) -> Settings:
        """Build settings from raw values.

        Args:
            values: One value for every parameter of the space, in its unit.

        Returns:
            The grid point.

        Raises:
            UnknownParameterError: If a name is not a parameter, or a parameter has no value.
            OffGridError: If the device cannot be set to a value.
        """
        for name in values:
            self.parameter(name)
        missing = [name for name in self.names if name not in values]
        if missing:
            raise UnknownParameterError(missing[0], "has no value", limit="a value for every parameter")
        return self.at([parameter.index_of(values[parameter.name]) for parameter in self.parameters])

    def find(self, values: Mapping[str, Value]) -> Settings | None:
        """Return the grid point of raw values, or None where they lie off the grid."""
        if values.keys() != set(self.names):
            return None
        indices = [parameter.find(values[parameter.name]) for parameter in self.parameters]
        return None if None in indices else self.at([index for index in indices if index is not None])

    def at(self, indices: "list[int] | NDArray[np.int64]") -> Settings:
        """Build settings from grid indices."""
        return Settings(
            names=self.names,
            indices=tuple(int(index) for index in indices),
            values=tuple(
                parameter.levels[int(i)] for parameter, i in zip(self.parameters, indices, strict=True)
            ),
        )

    def has(self, indices: Sequence[int]) -> bool:
        """Return whether indices are those of a grid point, legal or not."""
        return len(indices) == len(self.sizes) and all(
            0 <= index < size for index, size in zip(indices, self.sizes, strict=True)
        )

    def contains(self, settings: Settings) -> bool:
        """Return whether settings are a grid point of this space that meets every hard limit."""
        if settings.names != self.names or not self.has(settings.indices):
            return False
        return bool(self.allowed(np.array([settings.indices], dtype=np.int64))[0])

    def neighbours(self, settings: Settings) -> tuple[Settings, ...]:
        """Return the grid points one step away: one level up or down, or another category."""
        found = []
        for axis, parameter in enumerate(self.parameters):
            here = settings.indices[axis]
            steps = range(parameter.size) if parameter.is_categorical else (here - 1, here + 1)
            for index in steps:
                if index != here and 0 <= index < parameter.size:
                    indices = list(settings.indices)
                    indices[axis] = index
                    found.append(self.at(indices))
        return tuple(found)

    def draw(self, rng: "np.random.Generator", n: int) -> Indices:
        """Draw ``n`` grid points uniformly, ``(n, d)``; hard limits are not applied."""
        return rng.integers(0, np.array(self.sizes), size=(n, len(self.sizes)), dtype=np.int64)

    def allowed(self, indices: Indices) -> NDArray[np.bool_]:
        """Return which grid points meet every hard limit, ``(c,)``."""
        return constraint.allowed(self.limits, self.columns(indices))

    def readings(self, values: Mapping[str, Value]) -> tuple[Reading, ...]:
        """Hold every hard limit against raw values, on the grid or off it."""
        return constraint.readings(self.limits, self.columns_of([values]))

    def columns(self, indices: Indices) -> Columns:
        """Return grid points as physical columns."""
        raw = {}
        for axis, parameter in enumerate(self.parameters):
            if parameter.name == CONFIGURATION:
                raw[CONFIGURATION] = indices[:, axis].astype(np.float64)
            elif not parameter.is_categorical:
                raw[parameter.name] = self._grids[axis][indices[:, axis]]
        return self._columns(raw, len(indices))

    def column(self, name: str, indices: Indices) -> NDArray[np.float64]:
        """Return one numeric parameter of grid points in its unit, ``(c,)``."""
        axis = self.names.index(name)
        return self._grids[axis][indices[:, axis]]

    def columns_of(self, points: "list[Mapping[str, Value]]") -> Columns:
        """Return raw points, on the grid or off it, as physical columns; what is missing becomes NaN."""
        raw = {name: np.array([_number(point.get(name)) for point in points]) for name in self.names}
        if CONFIGURATION in self.names:
            named = self.parameter(CONFIGURATION)
            raw[CONFIGURATION] = np.array(
                [
                    -1.0 if (found := named.find(point.get(CONFIGURATION))) is None else found
                    for point in points
                ]
            )
        return self._columns(raw, len(points))

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """Centroid of each configuration."""
        return tuple(place_of(configuration, self.contacts) for configuration in self.configurations)

    @cached_property
    def _grids(self) -> tuple[NDArray[np.float64], ...]:
        return tuple(
            np.array([] if parameter.is_categorical else parameter.numbers, dtype=np.float64)
            for parameter in self.parameters
        )

    @cached_property
    def _shares(self) -> NDArray[np.float64]:
        """``(configurations + 1, contacts)``; the last row, NaN, stands for an unknown configuration."""
        table = np.full((len(self.configurations) + 1, len(self.contacts)), np.nan)
        for row, configuration in enumerate(self.configurations):
            table[row] = [abs(configuration.shares.get(contact.name, 0.0)) for contact in self.contacts]
        return table

    def _columns(self, raw: Mapping[str, NDArray[np.float64]], n: int) -> Columns:
        unknown = np.full(n, np.nan)
        default = 0.0 if self.configurations else -1.0
        configuration = raw.get(CONFIGURATION, np.full(n, default)).astype(np.int64)
        areas = [np.nan if contact.area_cm2 is None else contact.area_cm2 for contact in self.contacts]
        return Columns(
            amplitude_ma=raw.get("amplitude_ma", unknown),
            pulse_width_us=raw.get("pulse_width_us", unknown),
            frequency_hz=raw.get("frequency_hz", unknown),
            on_s=raw.get("on_s", unknown),
            off_s=raw.get("off_s", unknown),
            configuration=configuration,
            shares=self._shares,
            areas_cm2=np.array(areas, dtype=np.float64),
            impedance_ohm=np.nan if self.impedance_ohm is None else self.impedance_ohm,
            cycles="on_s" in self.names,
            balanced=self.balanced,
        )


def _number(value: Value | None) -> float:
    return float(value) if isinstance(value, int | float) else math.nan
