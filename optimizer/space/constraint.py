"""Hard limits: parameter constraints whose breach could injure. Known before stimulation, without override.

Each limit is data: a quantity, a bound, a source and an evidence tag. A limit is met, broken, or *could not be checked*;
the last is never taken for the first.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from optimizer.errors import ParameterDefinitionError
from optimizer.space import pulse

Array = NDArray[np.float64]


class Evidence(StrEnum):
    """How well a number is founded."""

    SEEN = "S"
    """Read in a source."""
    DERIVED = "D"
    """Derived by arithmetic from sourced numbers."""
    UNCONFIRMED = "U"
    """General knowledge, to be confirmed against a primary source."""
    ASSUMED = "A"
    """An assumption of this project."""


class Quantity(StrEnum):
    """What a limit bounds."""

    TOTAL_CURRENT = "total_current_ma"
    CONTACT_CURRENT = "contact_current_ma"
    CHARGE_PER_PHASE = "charge_per_phase_uc"
    CHARGE_DENSITY = "charge_density_uc_per_cm2"
    SHANNON_K = "shannon_k"
    CHARGE_PER_SECOND = "charge_per_second_uc"
    COMPLIANCE = "compliance_v"
    DUTY_CYCLE = "duty_cycle"
    ON_OFF_RATIO = "on_off_ratio"
    CHARGE_IMBALANCE = "charge_imbalance"
    PERIOD_SHARE = "period_share"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """An upper bound on one quantity.

    Raises:
        ParameterDefinitionError: If the bound is not finite or the warning lies above it.
    """

    quantity: Quantity
    bound: float
    """Largest allowed value, in the unit the quantity is named with."""
    exclusive: bool = False
    """Whether the bound itself is already refused."""
    warn_from: float | None = None
    """From here on the reading carries a warning."""
    source: str
    evidence: Evidence
    required: bool = True
    """Whether a check that cannot run stops a proposal. Only a limit the hardware enforces itself may say no."""

    def __post_init__(self) -> None:
        """Check the bound."""
        if not math.isfinite(self.bound):
            raise ParameterDefinitionError(f"limit {self.quantity}", "has a bound that is not finite")
        if self.warn_from is not None and not self.warn_from <= self.bound:
            raise ParameterDefinitionError(
                f"limit {self.quantity}", "warns above its bound", limit=f"{self.bound:g}"
            )

    def met(self, value: Array) -> NDArray[np.bool_]:
        """Return where a quantity is inside the bound; an unknown value (NaN) is not."""
        tolerance = 1e-9 * max(
            1.0, abs(self.bound)
        )  # below any device step; only absorbs the last bits of a product
        if self.exclusive:
            return np.asarray(value < self.bound - tolerance)
        return np.asarray(value <= self.bound + tolerance)

    def tightened(self, bound: float) -> "Limit":
        """Return the same limit with a lower bound.

        Raises:
            ParameterDefinitionError: If the new bound is looser.
        """
        if not bound <= self.bound:
            raise ParameterDefinitionError(
                f"limit {self.quantity}",
                "would be loosened",
                limit=f"{self.bound:g}",
                remedy="A course may only tighten.",
            )
        warn = None if self.warn_from is None else min(self.warn_from, bound)
        return replace(self, bound=bound, warn_from=warn, source=f"course limit, within: {self.source}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One limit held against one point."""

    quantity: Quantity
    value: float | None
    """None where it could not be computed."""
    bound: float
    met: bool
    warning: bool
    source: str
    evidence: Evidence
    required: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Many settings as physical columns; the form limits and models read.

    ``c`` settings, ``p`` configurations, ``k`` contacts. A quantity that the space has no parameter for is
    NaN, so that a limit on it cannot be taken for met.
    """

    amplitude_ma: Array
    """``(c,)``"""
    pulse_width_us: Array
    """``(c,)``"""
    frequency_hz: Array
    """``(c,)``"""
    on_s: Array
    """``(c,)``; NaN for continuous stimulation."""
    off_s: Array
    """``(c,)``; NaN for continuous stimulation."""
    configuration: NDArray[np.int64]
    """``(c,)`` index into the configurations; 0 where there is only one, -1 where it is unknown."""
    shares: Array
    """``(p + 1, k)`` absolute current share of each contact in each of ``p`` configurations; NaN in the last row, which
    stands for an unknown configuration."""
    areas_cm2: Array
    """``(k,)``; NaN where unknown."""
    impedance_ohm: float
    """NaN where it was not measured."""
    cycles: bool
    """Whether the device switches ON and OFF at all."""
    balanced: bool
    """Whether the waveform returns all charge."""

    @property
    def duty(self) -> Array:
        """Share of time with current, ``(c,)``; 1 for continuous stimulation."""
        if not self.cycles:
            return np.ones_like(self.amplitude_ma)
        return pulse.duty_cycle(self.on_s, self.off_s)

    @property
    def charge_uc(self) -> Array:
        """Charge per phase over all cathodes, ``(c,)``."""
        return pulse.charge_per_phase_uc(self.amplitude_ma, self.pulse_width_us)


def _worst(columns: Columns, per_contact: Array) -> Array:
    """Return the largest value over the active contacts of each setting's configuration, ``(c,)``.

    NaN where an active contact is unknown or none is active.

    Args:
        columns: ``c`` settings on ``k`` contacts.
        per_contact: ``(p + 1, k)``, a value per configuration and contact.
    """
    active = columns.shares > 0
    worst = np.where(active, per_contact, -np.inf).max(axis=1, initial=-np.inf)
    unknown = (active & np.isnan(per_contact)).any(axis=1) | ~active.any(axis=1)
    return np.asarray(np.where(unknown, np.nan, worst)[columns.configuration])


def _contact_current(columns: Columns) -> Array:
    return columns.amplitude_ma * _worst(columns, columns.shares)


def _density(columns: Columns) -> Array:
    shares_per_area = pulse.charge_density_uc_per_cm2(columns.shares, columns.areas_cm2[None, :])
    return columns.charge_uc * _worst(columns, shares_per_area)


def _shannon(columns: Columns) -> Array:
    """Shannon's k of the worst contact: a contact with a share of the charge is one with all of it and a larger area."""
    worst = _worst(columns, columns.shares**2 / columns.areas_cm2[None, :])
    return pulse.shannon_k(columns.charge_uc, 1.0 / worst)


_COMPUTE: Mapping[Quantity, Callable[[Columns], Array]] = {
    Quantity.TOTAL_CURRENT: lambda c: c.amplitude_ma,
    Quantity.CONTACT_CURRENT: _contact_current,
    Quantity.CHARGE_PER_PHASE: lambda c: c.charge_uc,
    Quantity.CHARGE_DENSITY: _density,
    Quantity.SHANNON_K: _shannon,
    Quantity.CHARGE_PER_SECOND: lambda c: pulse.charge_per_second_uc(c.charge_uc, c.frequency_hz, c.duty),
    Quantity.COMPLIANCE: lambda c: c.amplitude_ma * c.impedance_ohm / 1000.0,
    Quantity.DUTY_CYCLE: lambda c: c.duty,
    Quantity.ON_OFF_RATIO: lambda c: c.on_s / c.off_s if c.cycles else np.zeros_like(c.amplitude_ma),
    Quantity.CHARGE_IMBALANCE: lambda c: np.full_like(c.amplitude_ma, 0.0 if c.balanced else 1.0),
    Quantity.PERIOD_SHARE: lambda c: pulse.period_share(c.pulse_width_us, c.frequency_hz),
}


def measure(quantity: Quantity, columns: Columns) -> Array:
    """Return a quantity for many settings, ``(c,)``; NaN where it cannot be computed."""
    return _COMPUTE[quantity](columns)


def allowed(limits: tuple[Limit, ...], columns: Columns) -> NDArray[np.bool_]:
    """Return which settings meet every limit, ``(c,)``; a required check that cannot run counts as broken."""
    mask = np.ones(columns.amplitude_ma.shape, dtype=np.bool_)
    for limit in limits:
        value = measure(limit.quantity, columns)
        mask &= limit.met(value) | (np.isnan(value) & (not limit.required))
    return mask


def readings(limits: tuple[Limit, ...], columns: Columns) -> tuple[Reading, ...]:
    """Hold every limit against one point (``columns`` of length one)."""
    found = []
    for limit in limits:
        value = float(measure(limit.quantity, columns)[0])
        known = not math.isnan(value)
        met = bool(limit.met(np.array([value]))[0]) or not (known or limit.required)
        found.append(
            Reading(
                quantity=limit.quantity,
                # no current has k of minus infinity, which JSON cannot carry
                value=value if math.isfinite(value) else None,
                bound=limit.bound,
                met=met,
                warning=limit.warn_from is not None and value >= limit.warn_from,
                source=limit.source,
                evidence=limit.evidence,
                required=limit.required,
            )
        )
    return tuple(found)
