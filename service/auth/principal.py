"""Who calls, and what that caller may do."""

import re
from dataclasses import dataclass
from enum import StrEnum

from service.errors import ForbiddenError

SITE_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,30}")
"""Names of sites, and of principals that use API keys."""


class Role(StrEnum):
    """What a key or token is for."""

    CLINICIAN = "clinician"
    """Opens courses, asks, decides, reviews."""
    RECORDER = "recorder"
    """Enters what was applied and reported."""
    PROGRAMMER = "programmer"
    """A programming system: reads what was approved, records what was applied."""
    PATIENT_APP = "patient_app"
    """Reports of one patient, nothing else."""
    RESEARCHER = "researcher"
    """Reads, by pseudonym; of staff no names either."""
    AUDITOR = "auditor"
    """Reads the trail: who did what, and nothing of what patients reported."""
    ADMINISTRATOR = "administrator"
    """Registers patients."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """A known caller of one site."""

    name: str
    site: str
    roles: frozenset[Role]
    patient_id: str | None = None
    """The one patient a patient app speaks for."""
    credential: str = ""
    """What it showed: ``key:`` and the public prefix, or ``token:`` and the provider; for the trail."""

    @property
    def sees_staff(self) -> bool:
        """Whether the names of those who treat are shown: not to who only does research."""
        return bool(self.roles - {Role.RESEARCHER})

    def require(self, *allowed: Role) -> None:
        """Raise ForbiddenError unless the caller has one of the roles."""
        if not self.roles.intersection(allowed):
            raise ForbiddenError(
                "role",
                "does not allow this",
                limit=", ".join(sorted(allowed)),
                remedy="Use a key or token with one of these roles.",
            )


NOBODY = Principal(name="", site="", roles=frozenset())
"""Whoever could not show who they are."""
