"""Wire types of asks, answers and decisions."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from optimizer.trial import Posture
from service.dependencies.wire import Body, Name, PrintedName, Values, View

Milliampere = Annotated[float, Field(ge=0, le=1000)]


class NewAsk(Body):
    """The context of a question; everything has a default."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"in_clinic": True, "posture": "sitting", "locked": ["frequency_hz"]}]
        }
    )

    in_clinic: bool = True
    patient_range_ma: Annotated[list[Milliampere], Field(min_length=2, max_length=2)] | None = None
    """The amplitudes the patient may use at home, lowest and highest; due when not in clinic."""
    posture: Annotated[Posture, Field(strict=False)] = Posture.UNKNOWN
    locked: Annotated[list[Name], Field(max_length=32)] = Field(default_factory=list)
    """Parameters that must stay as in force."""
    q: Annotated[int, Field(ge=1, le=8)] = 1
    """How many settings to plan."""


class SignatureView(View):
    """Who put their name to a decision."""

    printed_name: str
    meaning: Literal["approval", "authorship", "rejection"]
    signed_at: datetime
    proposal_digest: str
    """SHA-256 of the canonical JSON of the exact proposal."""


class AnswerView(View):
    """An answer of the optimiser and where it stands."""

    id: str
    ask_id: str
    course_id: str
    kind: Literal["proposal", "hold", "stop"]
    status: str
    etag: str
    """Send it as ``If-Match`` with a decision."""
    recorded_at: datetime
    valid_until: datetime | None
    settings: dict[str, float | str] | None
    """What to try, to keep (stop) or to be on meanwhile (hold); None only where ``stimulation`` says ``off``."""
    stimulation: Literal["as_settings", "off"]
    """Whether stimulation is to be on as ``settings`` say, or off."""
    approved: dict[str, float | str] | None
    """What a clinician approved or edited it to; None where nothing may be applied."""
    within_limits: bool
    """Whether what stands here passed envelope and hard limits again as it was read; never apply it where not."""
    reason: str | None
    """Why it holds or stops; the code of the decision about a proposal, or of what took it back."""
    flags: list[str]
    signature: SignatureView | None
    """Of the decision; None where there is none, or the service decided by rule."""
    fallback: str | None
    decision: dict[str, Any]
    """The whole answer: prediction, explanation, limits, basis."""


class ProgramView(View):
    """What may be programmed, as of this read: each settings once.

    ``then`` are the later steps of a plan, in order: each only if the one before was tolerated. There are none where a
    clinician edited the first settings, as the rest was planned after others. Of a plan begun, ``settings`` are the next
    step; nothing is left of it (409) once a side effect past the limit, a correction or another approval came since.
    """

    proposal_id: str
    course_id: str
    settings: dict[str, float | str]
    then: list[dict[str, float | str]]
    """Later steps of a plan, in order: each only if the one before was tolerated; none after an edit."""
    amplitude_range_ma: tuple[float, float] | None
    """The patient's own lowest and highest; None where a clinician edited the settings."""
    valid_until: datetime | None
    signature: SignatureView | None


class PendingView(View):
    """An ask that is being answered."""

    ask_id: str
    course_id: str
    status: Literal["computing"] = "computing"


class DecisionReason(StrEnum):
    """Why a clinician rejects or edits."""

    CLINICAL_JUDGEMENT = "clinical_judgement"
    PATIENT_PREFERENCE = "patient_preference"
    ADVERSE_EVENT_FEARED = "adverse_event_feared"
    DEVICE_OR_LEAD = "device_or_lead"
    CONTEXT_CHANGED = "context_changed"
    MEASURED_THRESHOLD = "measured_threshold"


class NewDecision(Body):
    """What a clinician decides about a proposal."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"action": "approve", "signed_by": "Dr. A. Example"},
                {"action": "reject", "reason": "patient_preference", "signed_by": "Dr. A. Example"},
                {
                    "action": "edit",
                    "signed_by": "Dr. A. Example",
                    "reason": "clinical_judgement",
                    "settings": {
                        "amplitude_ma": 4.6,
                        "pulse_width_us": 300,
                        "frequency_hz": 40,
                        "configuration": "level-4",
                    },
                },
            ]
        }
    )

    action: Literal["approve", "edit", "reject"]
    signed_by: PrintedName
    """Name of the clinician as printed under the decision; its meaning follows from the action."""
    settings: Values | None = None
    """The edited settings; only with ``edit``."""
    reason: Annotated[DecisionReason, Field(strict=False)] | None = None
    """Due with ``edit`` and ``reject``."""
