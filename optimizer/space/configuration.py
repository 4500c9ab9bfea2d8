"""Contacts on the lead, and how the current is shared among them."""

import math
from dataclasses import dataclass

from optimizer.errors import ParameterDefinitionError

CASE = "case"
"""Reserved contact name: the stimulator's housing, too large for a density limit to bind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One electrode.

    Raises:
        ParameterDefinitionError: If it is called ``case`` or has an area that is not positive.
    """

    name: str
    position_mm: float
    """Distance along the lead from its tip contact."""
    area_cm2: float | None = None
    """Geometric surface; None where it is not known: then the limits that need it cannot run."""
    lateral_mm: float = 0.0
    """Offset across, positive to the patient's right."""

    def __post_init__(self) -> None:
        """Check name and area."""
        if self.name == CASE:
            raise ParameterDefinitionError(f"contact {CASE}", "uses the reserved name of the housing")
        if self.area_cm2 is not None and not (math.isfinite(self.area_cm2) and self.area_cm2 > 0):
            raise ParameterDefinitionError(
                f"contact {self.name} area_cm2", "is not positive", limit="> 0 cm2"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """Signed current share per contact: cathodes sum to -1, anodes to +1.

    Raises:
        ParameterDefinitionError: If the shares do not balance.

    Example:
        The simplest case, one cathode against the housing:

        >>> Configuration(name="E1", shares={"E1": -1.0, "case": 1.0}).cathodes
        {'E1': 1.0}
    """

    name: str
    shares: dict[str, float]
    """Contact name -> share of the total current, negative for a cathode."""

    def __post_init__(self) -> None:
        """Check that as much current returns as leaves."""
        for sign, word in ((-1, "cathodes"), (1, "anodes")):
            total = sum(share for share in self.shares.values() if share * sign > 0)
            if not math.isclose(total, sign, abs_tol=1e-6):
                raise ParameterDefinitionError(
                    f"configuration {self.name}",
                    f"has {word} that do not carry the whole current",
                    limit=f"sum {sign}",
                )

    @property
    def cathodes(self) -> dict[str, float]:
        """Contact name -> positive share, cathodes only."""
        return {name: -share for name, share in self.shares.items() if share < 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a configuration acts: the cathodal centroid and how widely it is spread, in mm."""

    position_mm: float
    lateral_mm: float
    spread_mm: float

    def distance_mm(self, other: "Place") -> float:
        """Return the distance between two centroids."""
        return math.hypot(self.position_mm - other.position_mm, self.lateral_mm - other.lateral_mm)


def place_of(configuration: Configuration, contacts: tuple[Contact, ...]) -> Place:
    """Return the cathodal centroid of a configuration and the spread of its cathodes along the lead.

    Args:
        configuration: Its cathodes must lie on the contacts; a case cathode has no place and is left out.
        contacts: Contacts of the lead.

    Returns:
        Centroid and share-weighted standard deviation along the lead, in mm.

    Raises:
        ParameterDefinitionError: If no cathode lies on a contact.
    """
    by_name = {contact.name: contact for contact in contacts}
    active = [(by_name[name], share) for name, share in configuration.cathodes.items() if name in by_name]
    total = sum(share for _, share in active)
    if total <= 0:
        raise ParameterDefinitionError(f"configuration {configuration.name}", "has no cathode on a contact")
    along = sum(contact.position_mm * share for contact, share in active) / total
    across = sum(contact.lateral_mm * share for contact, share in active) / total
    variance = sum(share * (contact.position_mm - along) ** 2 for contact, share in active) / total
    return Place(position_mm=along, lateral_mm=across, spread_mm=math.sqrt(variance))
