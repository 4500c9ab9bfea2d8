"""Wire types of courses."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, JsonValue

from optimizer.outcomes.side_effect import Nature
from optimizer.problem import PostureUse
from optimizer.space.constraint import Quantity
from optimizer.trial import ReviewSubject
from service.courses.ending_schemas import CourseEndView
from service.dependencies.wire import At, Body, IdText, Name, RawValue, Values, View

NEW_COURSE_EXAMPLE: dict[str, JsonValue] = {
    "patient_id": "01938b3e-5f0c-7d2a-9c41-7f1f5f0a8a11",
    "device": "scs-tonic",
    "envelope": {
        "amplitude_ma": [0, 9],
        "pulse_width_us": [150, 450],
        "frequency_hz": [20, 120],
        "configuration": ["level-3", "level-4", "level-5"],
    },
    "start": {"amplitude_ma": 4.5, "pulse_width_us": 300, "frequency_hz": 40, "configuration": "level-4"},
    "impedance_ohm": 520,
}


class DeclaredSideEffect(Body):
    """A kind of side effect the course asks for; grades are 0 to 10."""

    name: Name
    """A code of the course's own, for example ``discomfort``; reports name it as ``kind``."""
    nature: Annotated[Nature, Field(strict=False)]
    """``intensity`` grows with intensity, ``fading`` habituates over weeks; any occurrence of a ``hard_stop`` is severe."""


class NewCourse(Body):
    """What is known before the first outcome."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [NEW_COURSE_EXAMPLE, NEW_COURSE_EXAMPLE | {"sites": {"back": 2, "leg": 1}}]
        }
    )

    patient_id: IdText
    device: Name
    """Name of a device file, as ``GET /v1/devices`` lists them."""
    envelope: dict[Name, Annotated[list[RawValue], Field(min_length=1, max_length=64)]] = Field(
        default_factory=dict, max_length=32
    )
    """Parameter -> lowest and highest value in its unit, or the allowed categories. Where one is left out the device
    alone bounds it."""
    start: Values
    """Settings the clinician states as tolerated: a value for every parameter of the device, on its grid. Pain is compared with
    them, and the first proposals stay near."""
    limits: dict[Annotated[Quantity, Field(strict=False)], float] = Field(default_factory=dict)
    """Quantity -> a tighter bound than the device file's, in the unit its name ends in."""
    side_effects: Annotated[list[DeclaredSideEffect], Field(min_length=1, max_length=32)] | None = None
    """The kinds asked for; a report of any other kind counts as a hard stop. Left out: common ones, ``discomfort`` among them."""
    impedance_ohm: Annotated[float, Field(gt=0, le=1e6)] | None = None
    """The highest measured of the contacts in use, in ohm; without it limits that rest on it cannot be checked."""
    postures: (
        Annotated[list[Annotated[PostureUse, Field(strict=False)]], Field(min_length=1, max_length=3)] | None
    ) = None
    """What settings are used for: upright, lying, all day; all day where left out."""
    start_borne_in_use: bool = False
    """Whether the start was worn in every posture of that use (all day: lying down too) and borne; the search then stays near."""
    drift_expected: bool = False
    """Whether pain is expected to change slowly by itself, so that what time does is not credited to settings."""
    min_gain_nrs: Annotated[float, Field(ge=0, le=10)] | None = None
    """Points of pain (0 to 10): where no further step is expected to gain as much, the answer is a stop; 0.5 where left out."""
    bother_weight: Annotated[float, Field(ge=0, le=10)] | None = None
    """Points of relief this patient would give up to be spared one grade of a tolerable side effect; 0.1 where left out."""
    near_tie_nrs: Annotated[float, Field(ge=0, le=10)] | None = None
    """Settings surely within so many points of the best are as good, and the least charge is kept; 0.3 where left out. State
    less where all the relief to be had is small: a tie as large as that would give much of it away."""
    sites: dict[Name, Annotated[float, Field(ge=0, le=100)]] | None = Field(default=None, max_length=8)
    """Pain site -> weight, where several are rated, each on the pain scale; a report of pain then names its site as ``kind``.
    What is optimised is their weighted mean, at every instant and posture at which all with a weight above 0 were rated."""


class CourseSummary(View):
    """A course in a list; ``GET /v1/courses/{course_id}`` says the rest."""

    id: str
    sequence: int
    """Place in the ledger; the next page begins after it."""
    patient_id: str
    device: str
    """Name and revision of the device file."""
    opened_at: datetime
    ended: CourseEndView | None
    """When and why it ended, for good; null: it goes on."""


class CourseView(View):
    """A course."""

    id: str
    patient_id: str
    device: str
    """Name and revision of the device file."""
    problem_fingerprint: str
    """SHA-256 of the problem in force: device, envelope, limits, objective."""
    history_digest: str
    """SHA-256 of the history; another one means that facts came."""
    n_trials: int
    """Trials that stand; those taken back do not count."""
    n_reports: int
    """Reports that stand; those replaced or retracted do not count."""
    envelope: dict[str, Any]
    """What the course allows: ``bounds`` (parameter -> lowest, highest) and ``choices`` (parameter -> categories)."""
    start: dict[str, float | str]
    """The settings the course began with."""
    in_force: dict[str, float | str]
    """The latest settings on record, or the start."""
    to_program: str | None
    """The approved proposal that is not applied yet, or of whose plan steps are left; there is one at most: read its ``program``.
    Null where there is none."""
    sites: dict[str, float]
    """Pain site -> weight; empty where pain is rated as one."""
    opened_at: datetime
    ended: CourseEndView | None
    """When and why it ended, for good; null: it goes on."""


class ReviewReason(StrEnum):
    """Why a clinician releases."""

    TOLERABLE_ON_REVIEW = "tolerable_on_review"
    CAUSE_RESOLVED = "cause_resolved"
    UNRELATED_TO_STIMULATION = "unrelated_to_stimulation"
    REPORT_ENTERED_WRONGLY = "report_entered_wrongly"
    PROGRAMMED_IN_CLINIC = "programmed_in_clinic"


class NewReview(Body):
    """A clinician looked at what holds the course and releases it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "subject": "closure",
                    "subject_id": "01938b3e-5f0c-7d2a-9c41-7f1f5f0a8a44",
                    "reason": "cause_resolved",
                    "occurred_at": "2026-11-22T10:00:00+01:00",
                }
            ]
        }
    )

    subject: Annotated[ReviewSubject, Field(strict=False)]
    """``hold``: a doubt in the record, such as contradictory reports; ``closure``: what a severe report closed is open again;
    ``adverse_event``: a severe report was seen and what it closed stays closed."""
    subject_id: IdText
    """The report or trial that the hold or closure rests on: one of a hold's ``subject_ids`` or of a ``barred_by``, or the severe
    report. What is in no such doubt, or was reviewed with nothing since, is refused (409 ``nothing-to-review``)."""
    reason: Annotated[ReviewReason, Field(strict=False)]
    occurred_at: At | None = None
    """When it was reviewed; now where left out, and not in the future."""


class HeldView(View):
    """What holds a course."""

    reason: str
    """The code a hold would carry."""
    subject_ids: list[str]
    """Reports, trials or stops it rests on, or names of checks."""


class ReviewView(View):
    """A review on record."""

    id: str
    course_id: str
    subject: str
    """``hold``, ``closure`` or ``adverse_event``."""
    subject_id: str
    """The report or trial."""
    reason: str
    """As stated: a code of ``ReviewReason``."""
    recorded_at: datetime
    still_held: HeldView | None
    """What goes on holding the course, asked as it was last; null where the record shows nothing. Whether anything is safe
    enough to propose (``no_safe_candidate``), only an ask tells."""


class EntryView(View):
    """One line of a course's timeline."""

    sequence: int
    """Place in the ledger; the next page begins after it."""
    id: str
    kind: str
    """``course``, ``trial``, ``amendment``, ``report``, ``review``, ``ask``, ``proposal`` (holds and stops too), ``decision``,
    ``withdrawal``, ``problem``, ``confirmation``, ``preflight``, ``migration`` or ``end``."""
    principal: str
    """Who wrote it; ``withheld`` for a researcher, as names in the body are."""
    occurred_at: datetime
    recorded_at: datetime
    body: dict[str, Any]
    """The fact, in the shape of its kind."""
    body_digest: str
    """SHA-256 of the whole fact on record, also where names are withheld."""
    reason: str | None
    """Why a report amends another: a code of ``AmendmentReason``. Null of all else, which has its reason in the body."""


Stimulation = Literal["as_settings", "off", "no_advice"]


class RecommendationView(View):
    """What to keep as things stand, from the latest answer on record; nothing is computed here."""

    basis_id: str | None
    """The answer it comes from; null where there is none yet."""
    basis_kind: str | None
    """``proposal``, ``hold`` or ``stop``."""
    settings: dict[str, float | str] | None
    """Null where ``stimulation`` says ``off`` or ``no_advice``."""
    stimulation: Stimulation
    """Whether stimulation is to be on as ``settings`` say, to be off, or nothing can be recommended, as once the course ended."""
    relief_nrs: dict[str, float] | None
    """Predicted relief in points of pain (``mean``, and ``low`` and ``high`` of the central 90 %), larger is better, against the
    settings that were in force at that answer; null without a model."""
    barred_by: list[str]
    """Reports and trials (their ramps) that keep tried settings believed better from being kept, as of that answer: until a
    review of each, nothing as strong is kept or tried in their configuration."""
    is_current: bool
    """Whether that answer rests on everything recorded by now."""
