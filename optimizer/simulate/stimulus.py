"""Settings as the columns a patient feels: current, width, rate, and how the cathodes lie over the levels."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from optimizer.errors import ParameterDefinitionError
from optimizer.simulate.streams import Array
from optimizer.space.constraint import Columns
from optimizer.space.parameter import Value
from optimizer.space.search_space import Indices, SearchSpace


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stimulus:
    """``c`` settings."""

    amplitude_ma: Array
    """``(c,)``"""
    pulse_width_us: Array
    """``(c,)``"""
    frequency_hz: Array
    """``(c,)``"""
    cathodes: Array
    """``(c, levels)`` share of the cathodal current on each level."""


@dataclass(frozen=True, kw_only=True)
class Lead:
    """A stimulator's space as the patient's body sees it.

    Raises:
        ParameterDefinitionError: If a configuration has no cathode on the lead.
    """

    space: SearchSpace
    levels: int

    def __post_init__(self) -> None:
        """Check the configurations."""
        if not np.allclose(self._cathodes[:-1].sum(axis=1), 1.0):
            raise ParameterDefinitionError("configuration", "has cathodes beside the lead")

    def of(self, indices: Indices) -> Stimulus:
        """Return grid points as a stimulus."""
        return self._stimulus(self.space.columns(indices))

    def of_values(self, values: Mapping[str, Value]) -> Stimulus:
        """Return one raw setting, on the grid or off it, as a stimulus."""
        return self._stimulus(self.space.columns_of([values]))

    def _stimulus(self, columns: Columns) -> Stimulus:
        return Stimulus(
            amplitude_ma=columns.amplitude_ma,
            pulse_width_us=columns.pulse_width_us,
            frequency_hz=columns.frequency_hz,
            cathodes=self._cathodes[columns.configuration],
        )

    @cached_property
    def level_of_contact(self) -> NDArray[np.int64]:
        """Row of each contact along the lead, counted from 0 at the tip, ``(contacts,)``."""
        along = np.array([contact.position_mm for contact in self.space.contacts])
        gaps = np.diff(np.unique(along))
        spacing_mm = gaps.min() if len(gaps) else 1.0
        return np.asarray(np.rint((along - along.min()) / spacing_mm).astype(np.int64))

    @cached_property
    def _cathodes(self) -> Array:
        """``(configurations + 1, levels)``; the last row, NaN, stands for an unknown configuration."""
        table = np.zeros((len(self.space.configurations) + 1, self.levels))
        table[-1] = np.nan
        row_of = {c.name: level for c, level in zip(self.space.contacts, self.level_of_contact, strict=True)}
        for index, configuration in enumerate(self.space.configurations):
            for name, share in configuration.cathodes.items():
                if name in row_of and row_of[name] < self.levels:
                    table[index, row_of[name]] += share
        return table
