"""Wire types of stops."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field

from service.dependencies.wire import Body, IdText, PrintedName, View


class StopReason(StrEnum):
    """Why everything stops."""

    ADVERSE_EVENT = "adverse_event"
    DEVICE_RECALL = "device_recall"
    SOFTWARE_FAULT = "software_fault"
    PATIENT_REQUEST = "patient_request"
    CLINICAL_JUDGEMENT = "clinical_judgement"


class ReleaseReason(StrEnum):
    """Why it goes on."""

    CAUSE_RESOLVED = "cause_resolved"
    STOPPED_BY_MISTAKE = "stopped_by_mistake"
    CLINICAL_JUDGEMENT = "clinical_judgement"


class NewStop(Body):
    """Nothing leaves any more: for one patient, or for the whole site."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"reason": "software_fault", "signed_by": "Dr. A. Example"},
                {
                    "patient_id": "01938b3e-5f0c-7d2a-9c41-7f1f5f0a8a11",
                    "reason": "patient_request",
                    "signed_by": "Dr. A. Example",
                },
            ]
        }
    )

    patient_id: IdText | None = None
    """Left out: every patient of the site."""
    reason: Annotated[StopReason, Field(strict=False)]
    signed_by: PrintedName
    """Name of the person who stops, as printed."""


class NewRelease(Body):
    """It goes on."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "cause_resolved", "signed_by": "Dr. B. Example"}]}
    )

    reason: Annotated[ReleaseReason, Field(strict=False)]
    signed_by: PrintedName
    """Name of the clinician who releases, as printed."""


class StopView(View):
    """A stop, who made it, and who released it."""

    id: str
    sequence: int
    """Place in the ledger; the next page begins after it."""
    patient_id: str | None
    """Null: the whole site."""
    reason: str
    """As stated: a code of ``StopReason``."""
    stopped_by: str
    """The caller who stopped it."""
    stopped_at: datetime
    released_by: str | None
    """The caller who released it; null: it stands."""
    released_at: datetime | None
    release_reason: str | None
    """As stated: a code of ``ReleaseReason``."""
