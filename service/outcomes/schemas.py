"""Wire types of what was applied and reported."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field, JsonValue

from optimizer.trial import Measure, Posture, Recall, RungOutcome, TrialKind
from service.dependencies.wire import At, Body, IdText, Name, Values, View, Zone


class NewRung(Body):
    """One step of the ramp."""

    amplitude_ma: Annotated[float, Field(ge=0, le=1000)]
    """In mA; the other parameters as in the trial."""
    outcome: Annotated[RungOutcome, Field(strict=False)]
    """``perception``: felt for the first time, and tolerated; ``discomfort``: the ramp stopped here."""


TRIAL_EXAMPLE: dict[str, JsonValue] = {
    "settings": {
        "amplitude_ma": 4.7,
        "pulse_width_us": 300,
        "frequency_hz": 40,
        "configuration": "level-4",
    },
    "occurred_at": "2026-11-21T10:15:00+01:00",
    "kind": "normal",
    "ramp": [
        {"amplitude_ma": 4.6, "outcome": "tolerated"},
        {"amplitude_ma": 4.7, "outcome": "tolerated"},
    ],
    "in_clinic": True,
    "source": "programmer",
    "zone": "Europe/Berlin",
}


class AppliedSettings(Body):
    """Settings that were applied, when, and how they were reached."""

    model_config = ConfigDict(json_schema_extra={"examples": [TRIAL_EXAMPLE]})

    settings: Values
    """A value for every parameter of the device, in its unit; on its grid or not."""
    occurred_at: At
    """When the settings were switched on."""
    ended_at: At | None = None
    """When they were switched off or replaced; left out while they run."""
    kind: Annotated[TrialKind, Field(strict=False)] = TrialKind.NORMAL
    """``baseline``: before any stimulation of the course; ``reference``: a declared return to the reference settings; of a
    ``stimulation_off`` reports rate no settings."""
    ramp: Annotated[list[NewRung], Field(max_length=200)] = Field(default_factory=list)
    """The way up to these settings, in order."""
    in_clinic: bool = True
    """Whether they were set in the clinic."""
    source: Name = "programmer"
    """Who set them: programmer, remote, import."""
    zone: Zone = "UTC"
    """The patient's IANA zone, for example ``Europe/Berlin``. Times may be sent in UTC or as clocks show them there."""


class NewTrial(AppliedSettings):
    """Settings that were applied, by whomever. A fact: stored also off the grid or past a limit, then flagged."""

    proposal_id: IdText | None = None
    """The approved proposal it followed; left out where it followed none, then flagged ``not_proposed``."""


class TrialView(View):
    """A trial on record."""

    id: str
    course_id: str
    proposal_id: str | None
    settings: dict[str, float | str]
    """As they were applied."""
    on_grid: bool
    """Whether the device can be set to them as stated."""
    flags: list[str]
    """What to look at: ``off_grid``; ``past_limit`` (of the device or a hard limit), ``limit_not_checked``, ``outside_envelope``,
    each also where the strongest rung of the ramp is; ``ramp_past_settings``: a rung was stronger than the settings; ``closed``
    (by a severe report), ``in_the_future``, ``after_course_end``, ``not_proposed``, ``not_approved``, ``differs_from_approval``,
    ``out_of_order`` (a step of the plan that was not the next), ``past_validity``, ``zone_mismatch``: a time has
    another offset than its ``zone`` had then."""
    occurred_at: datetime
    recorded_at: datetime


class TrialAmendmentReason(StrEnum):
    """Why what was applied is said anew."""

    ENTERED_WRONGLY = "entered_wrongly"
    DEVICE_LOG_DIFFERS = "device_log_differs"
    OTHER_PATIENT = "other_patient"
    ENTERED_TWICE = "entered_twice"
    NEVER_APPLIED = "never_applied"


class NewAmendment(Body):
    """A correction of what was applied. What was said before stays on record, and closed what it closed."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"reason": "device_log_differs", "trial": TRIAL_EXAMPLE},
                {"reason": "entered_twice", "trial": None},
            ]
        }
    )

    reason: Annotated[TrialAmendmentReason, Field(strict=False)]
    trial: AppliedSettings | None
    """The whole trial as it was: settings, times, ramp; null takes it back. Which proposal it followed stays as recorded."""


class AmendmentView(View):
    """A correction on record."""

    id: str
    trial_id: str
    course_id: str
    reason: str
    """As stated: a code of ``TrialAmendmentReason``."""
    settings: dict[str, float | str] | None
    """As the trial stands now; null where it was taken back."""
    on_grid: bool | None
    """Whether the device can be set to them as stated; null where it was taken back."""
    flags: list[str]
    """What to look at; codes as of a trial."""
    withdrawn_proposals: list[str]
    """Proposals, open or approved and not applied, taken back in the same transaction: they rested on what was corrected."""
    recorded_at: datetime


REPORT_EXAMPLE: dict[str, JsonValue] = {
    "measure": "pain",
    "value": 4,
    "occurred_at": "2026-11-21T20:00:00+01:00",
    "posture": "sitting",
    "recall": "today",
}
TRIAL_ID_EXAMPLE = "01938b3e-5f0c-7d2a-9c41-7f1f5f0a8a22"


class AmendmentReason(StrEnum):
    """Why a report takes the place of another."""

    ENTERED_WRONGLY = "entered_wrongly"
    PATIENT_CORRECTED = "patient_corrected"
    OTHER_PATIENT = "other_patient"
    ENTERED_TWICE = "entered_twice"


class NewReport(Body):
    """One rating about a trial."""

    model_config = ConfigDict(json_schema_extra={"examples": [REPORT_EXAMPLE]})

    measure: Annotated[Measure, Field(strict=False)]
    """``pain`` or ``side_effect``."""
    value: float | None
    """Whole numbers: pain from 0 (none) to 10, a side effect's grade from 0 to 10; null only to retract (with ``amends``)."""
    kind: Annotated[str, Field(max_length=64, pattern=r"^([A-Za-z0-9][A-Za-z0-9._-]*)?$")] = ""
    """Kind of side effect: a declared one, or any other, which counts as a hard stop; of pain the site it was felt at, where the
    course declares sites, else empty."""
    occurred_at: At
    """The instant the rating speaks of."""
    posture: Annotated[Posture, Field(strict=False)] = Posture.UNKNOWN
    """At that instant; thresholds shift with it."""
    stimulation_on: bool = True
    """False where stimulation was off at that time, which then says nothing of the settings: such pain is kept and rates
    nothing, unless the trial itself was without stimulation. Pain after a session is the session's: true."""
    recall: Annotated[Recall, Field(strict=False)] = Recall.NOW
    """The span the rating looks back on."""
    zone: Zone = "UTC"
    """The patient's IANA zone, for example ``Europe/Berlin``. Times may be sent in UTC or as clocks show them there."""
    amends: IdText | None = None
    """The report this one takes the place of; the old one stays on record."""
    reason: Annotated[AmendmentReason | None, Field(strict=False)] = None
    """Why it amends: due with ``amends``, and only there."""


class NewTrialReport(NewReport):
    """One rating that names its trial."""

    trial_id: IdText


class NewReports(Body):
    """Several ratings, stored all or none."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reports": [{**REPORT_EXAMPLE, "trial_id": TRIAL_ID_EXAMPLE}]}]}
    )

    reports: Annotated[list[NewTrialReport], Field(min_length=1, max_length=500)]


class ReportView(View):
    """A report on record."""

    id: str
    trial_id: str
    measure: str
    """``pain`` or ``side_effect``."""
    kind: str
    """Kind of side effect, or pain site; empty for pain rated as one."""
    severe: bool
    """Whether it closes settings and holds the course until a clinician reviews it: a grade of 7 or more, or any hard stop; so
    does any grade above 0 of a kind the course does not declare."""
    flags: list[str]
    """What to look at: ``before_trial``, ``after_trial``, ``in_the_future``, ``trial_taken_back``; ``recall_before_trial``: the
    span it looks back on began before the trial; ``undeclared_kind``: the course asks for no such side effect; ``repeats``:
    measure, kind, posture, instant and value are on record for this trial already; ``zone_mismatch``: the time has another
    offset than ``zone`` had then; and ``sites_missing``: pain was not rated at every site that counts, at this instant and
    in this posture, so it says nothing as yet."""
    recorded_at: datetime


class ReportsView(View):
    """What was stored, and what it took back."""

    reports: list[ReportView]
    withdrawn_proposals: list[str]
    """Proposals, open or approved, that a severe report withdrew in the same transaction."""
