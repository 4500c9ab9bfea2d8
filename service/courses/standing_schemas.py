"""Wire types of what lets a course go on: a changed problem, checks of the device, the optimiser's version."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from optimizer.space.constraint import Quantity
from service.dependencies.wire import At, Body, Name, PrintedName, RawValue, View


class ChangeReason(StrEnum):
    """Why the envelope of a course changes."""

    ADVERSE_EVENT_FEARED = "adverse_event_feared"
    CLINICAL_JUDGEMENT = "clinical_judgement"
    DEVICE_OR_LEAD = "device_or_lead"
    INSUFFICIENT_RELIEF = "insufficient_relief"


class NewProblem(Body):
    """Another envelope or other limits. Tighter: at once. Looser: when a second person confirms it. Never both."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "envelope": {"amplitude_ma": [0, 7]},
                    "reason": "adverse_event_feared",
                    "signed_by": "Dr. A. Example",
                }
            ]
        }
    )

    envelope: dict[Name, Annotated[list[RawValue], Field(min_length=1, max_length=64)]] = Field(
        default_factory=dict, max_length=32
    )
    """Parameter -> lowest and highest value in its unit, or the allowed categories; parameters left out stay as they are."""
    limits: dict[Annotated[Quantity, Field(strict=False)], float] = Field(default_factory=dict)
    """Quantity -> bound within the device file's, in the unit its name ends in; quantities left out stay as they are."""
    reason: Annotated[ChangeReason, Field(strict=False)]
    signed_by: PrintedName
    """Name of the clinician who asks for it, as printed."""


class NewConfirmation(Body):
    """A second person's consent."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"signed_by": "Dr. B. Example"}]})

    signed_by: PrintedName
    """Name of the second person, as printed."""


class ProblemView(View):
    """A changed problem on record."""

    id: str
    course_id: str
    change: Literal["tighter", "looser"]
    """``tighter`` is in force at once; ``looser`` once a second person confirms it."""
    in_force: bool
    """False: a looser problem that waits for a second person."""
    problem_fingerprint: str
    """SHA-256 of the problem as changed."""
    withdrawn_proposals: list[str]
    """Proposals, open or approved, that the tighter problem took back in the same transaction."""
    recorded_at: datetime


class CheckOutcome(StrEnum):
    """What a check found."""

    PASSED = "passed"
    FAILED = "failed"
    ABSENT = "absent"
    """Of a contraindication: not there, or treated."""
    PRESENT = "present"
    """Of a contraindication: there, untreated."""


class NewCheck(Body):
    """One check that the device file asks for."""

    check: Name
    """Its name in the device file: ``GET /v1/courses/{course_id}/preflights`` lists what is asked for."""
    outcome: Annotated[CheckOutcome, Field(strict=False)]
    """``passed`` or ``failed``; of a contraindication, ``absent`` or ``present``."""
    checked_at: At | None = None
    """Now where left out."""
    impedance_ohm: Annotated[float, Field(gt=0, le=1e6)] | None = None
    """The highest measured of the contacts in use; due with the check of impedance, and only there."""


class NewPreflight(Body):
    """Checks of device and patient. Facts: stored whatever they found."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "checks": [
                        {"check": "impedance", "outcome": "passed", "impedance_ohm": 520},
                        {"check": "lead", "outcome": "passed"},
                        {"check": "battery", "outcome": "passed"},
                    ]
                }
            ]
        }
    )

    checks: Annotated[list[NewCheck], Field(min_length=1, max_length=32)]
    """Of several by one name, as of two leads, the worst counts: a failed one before one that passed, the highest impedance."""


class CheckView(View):
    """A check the device asks for and where it stands."""

    check: str
    """Its name in the device file."""
    contraindication: bool
    """Whether it asks for a contraindication, answered by ``absent`` or ``present``."""
    standing: Literal["passed", "failed", "missing", "stale"]
    """``passed`` lets go on; ``failed`` (of a contraindication: present), ``missing`` and ``stale`` hold the course."""
    checked_at: datetime | None
    valid_until: datetime | None
    """When it becomes stale."""
    source: str
    """Where the check and its span come from."""
    evidence: str
    """``S`` seen in a source, ``D`` derived, ``U`` unconfirmed, ``A`` assumed."""


class PreflightView(View):
    """Every check of a course's device."""

    course_id: str
    clear: bool
    """Whether nothing of it stands in the way of a proposal."""
    checks: list[CheckView]


class NewMigration(Body):
    """Consent that the course goes on under the installed optimiser."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"signed_by": "Dr. A. Example"}]})

    signed_by: PrintedName
    """Name of the clinician who consents, as printed."""


class VersionChange(View):
    """A package in another version."""

    package: str
    """Its name, or ``optimizer``: a digest of the optimiser's own sources."""
    before: str
    """Version or digest."""
    after: str
    """Version or digest."""


class MigrationView(View):
    """The version a course goes on under."""

    id: str
    course_id: str
    changes: list[VersionChange]
    """What differs from the version the course ran under."""
    recorded_at: datetime
