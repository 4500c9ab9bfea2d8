"""Wire types of the end of a course."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field

from service.dependencies.wire import At, Body, PrintedName, View


class EndReason(StrEnum):
    """Why a course ends."""

    GOAL_REACHED = "goal_reached"
    DEVICE_REPLACED = "device_replaced"
    DEVICE_EXPLANTED = "device_explanted"
    OTHER_THERAPY = "other_therapy"
    PATIENT_DECLINED = "patient_declined"
    LOST_TO_FOLLOW_UP = "lost_to_follow_up"
    OPENED_IN_ERROR = "opened_in_error"


class NewEnd(Body):
    """A course is over: nothing is proposed or programmed any more. There is no way back; open another course."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "reason": "device_replaced",
                    "occurred_at": "2026-11-22T10:00:00+01:00",
                    "signed_by": "Dr. A. Example",
                }
            ]
        }
    )

    reason: Annotated[EndReason, Field(strict=False)]
    occurred_at: At | None = None
    """When it was over, for example when the device was replaced; not in the future; now where left out."""
    signed_by: PrintedName
    """Name of the clinician who ends it, as printed."""


class CourseEndView(View):
    """When and why a course ended."""

    reason: str
    """As stated: a code of ``EndReason``."""
    occurred_at: datetime
    """When it was over."""
    recorded_at: datetime
    """From here on nothing was proposed or programmed."""


class EndView(CourseEndView):
    """The end of a course on record."""

    id: str
    course_id: str
    withdrawn_proposals: list[str]
    """Proposals, open or approved, that the end took back in the same transaction."""
