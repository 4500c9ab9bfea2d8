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
    """Whether the settings will be set in the clinic; else they stay inside ``patient_range_ma``."""
    patient_range_ma: Annotated[list[Milliampere], Field(min_length=2, max_length=2)] | None = None
    """The amplitudes the patient may use at home in mA, lowest and highest; without it an ask that is not in clinic is held."""
    posture: Annotated[Posture, Field(strict=False)] = Posture.UNKNOWN
    """In which the report is predicted (``decision.steps[].outcome``)."""
    locked: Annotated[list[Name], Field(max_length=32)] = Field(default_factory=list)
    """Parameters that must stay as in force."""
    q: Annotated[int, Field(ge=1, le=8)] = 1
    """How many settings to plan, one after the other."""


class SignatureView(View):
    """Who put their name to a decision."""

    printed_name: str
    """As signed; ``withheld`` for a researcher."""
    meaning: Literal["approval", "authorship", "rejection"]
    """``approval``, ``authorship`` (of an edit) or ``rejection``."""
    signed_at: datetime
    proposal_digest: str
    """SHA-256 of the canonical JSON of the exact proposal."""


class AnswerView(View):
    """An answer of the optimiser and where it stands."""

    id: str
    ask_id: str
    course_id: str
    kind: Literal["proposal", "hold", "stop"]
    """``proposal``: settings to try, to be decided about; ``hold``: nothing is defensible until something is resolved;
    ``stop``: advice to end the search."""
    status: str
    """``proposed`` waits for its decision; ``approved`` and ``edited`` may be programmed; so may the rest of a plan that is
    ``applied``, which it is from its first step on (``program`` gives what is left, and the course names it in ``to_program``).
    ``rejected``, ``expired``, ``superseded`` (asked again since) and ``withdrawn`` may not. Holds and stops are ``advice``."""
    etag: str
    """Send it as ``If-Match`` with a decision."""
    recorded_at: datetime
    valid_until: datetime | None
    """Until when a proposal may be decided about and programmed; null of a hold or a stop."""
    settings: dict[str, float | str] | None
    """What to try, to keep (stop) or to be on meanwhile (hold); null only where ``stimulation`` says ``off``."""
    stimulation: Literal["as_settings", "off"]
    """Whether stimulation is to be on as ``settings`` say, or off."""
    approved: dict[str, float | str] | None
    """What a clinician approved or edited it to; null where nothing may be applied."""
    within_limits: bool
    """Whether what stands here passed envelope and hard limits again as it was read; never apply it where not."""
    reason: str | None
    """Of a hold: ``no_safe_candidate``, ``unreviewed_adverse_event``, ``contradictory_reports``, ``limit_not_checked``,
    ``settings_past_limit``, ``settings_off_grid``, ``no_rating``, ``home_range_unknown``, ``model_failed``, ``stale_fallback``,
    ``site_stopped``, ``patient_paused``, ``adverse_event_elsewhere``, ``contraindicated``, ``preflight_failed``,
    ``preflight_due``, ``optimizer_changed``. Of a stop: ``gain_too_small``, ``no_setting_helps``. Of a proposal: the code of its
    decision (``DecisionReason``), or why the service took it back: ``severe_report``, ``envelope_tightened``,
    ``trial_amended``, ``superseded``, ``course_ended``, ``lapsed``, ``asked_again``, ``record_changed_while_computing``; else
    null.
    """
    flags: list[str]
    """Of an approval: ``tolerability_not_predicted``: edited, so that nothing was predicted of these settings;
    ``beyond_titration``: further above what was tolerated than a proposal may go."""
    signature: SignatureView | None
    """Of the decision; null where there is none, or the service decided by rule."""
    fallback: str | None
    """Why the optimiser did not answer itself and the service holds in its place; null where it did."""
    decision: dict[str, Any]
    """The whole answer, in the optimiser's own shape; settings there are ``names`` and ``values`` side by side.

    Of a proposal, ``steps``, the ``recommendation`` (what to keep as things stand, which may differ from what to try), and
    ``basis``. Of each step: ``relief_nrs``, predicted relief in points of pain, larger is better, against the settings in force
    (of a later step: the step before), mean and 90 % interval; ``outcome``, the predicted rating; ``side_effect_grade``;
    ``limits``, each with its reading; ``explanation``. There: ``purpose`` (``improve``, ``learn``, ``replicate``,
    ``baseline``); ``gain_nrs``, relief less what tolerable side effects bother, against the settings in force;
    ``p_intolerable`` by posture; ``doubts`` (``few-reports``, ``poor-fit``, ``low-effective-sample-size``,
    ``older-ratings-left-out``, ``no-model``); ``would_change`` (``a-severe-report``, ``a-rating-of-these-settings``).

    Of a hold, ``reason``, ``subject_ids`` (reports or trials it rests on, names of checks, ids of stops) and ``release``, what
    would end it (``review``, ``rate``, ``measure``, ``program_in_clinic``, ``record_preflight``, ``release_stop``, ``migrate``,
    ``ask_again``).

    Of a stop, ``keep``, ``relief_nrs`` of it against the settings in force, ``over_start_nrs`` of it against the start of the
    course, and ``remaining_gain_nrs``, the expected gain of the best step that remains.

    ``barred_by`` of a proposal or stop, where there are any: reports and trials that keep settings believed better from being
    kept or tried, until a review of each.
    """


class ProgramView(View):
    """What may be programmed, as of this read: each settings once.

    ``then`` are the later steps of a plan, in order: each only if the one before was tolerated. There are none where a
    clinician edited the first settings, as the rest was planned after others. Of a plan begun, ``settings`` are the next
    step; nothing is left of it (409) once a side effect past the limit, a correction or another approval came since.
    """

    proposal_id: str
    course_id: str
    settings: dict[str, float | str]
    """What to program now, a value for every parameter in its unit."""
    contact_shares: dict[str, float]
    """What the configuration of ``settings`` means: contact -> signed share of ``amplitude_ma``, negative for a cathode; ``case``
    is the housing. As of the device file that the course was opened with."""
    then: list[dict[str, float | str]]
    """Later steps of a plan, in order: each only if the one before was tolerated; none after an edit."""
    then_contact_shares: list[dict[str, float]]
    """The same of each of ``then``, in their order."""
    amplitude_range_ma: tuple[float, float] | None
    """The patient's own lowest and highest in mA, as proposed, less what is past envelope, limits or a closure by now, or was not
    tolerated; null where a clinician edited the settings."""
    valid_until: datetime | None
    """Program nothing after it."""
    signature: SignatureView | None
    """Whose approval it is."""


class PendingView(View):
    """An ask that is being answered."""

    ask_id: str
    """Look again at ``GET /v1/courses/{course_id}/asks/{ask_id}``."""
    course_id: str
    status: Literal["computing"] = "computing"
    """Look again after the seconds that ``Retry-After`` says."""


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
    """``edit`` approves other settings than those proposed."""
    signed_by: PrintedName
    """Name of the clinician as printed under the decision; its meaning follows from the action."""
    settings: Values | None = None
    """The edited settings, a value for every parameter in its unit; only with ``edit``."""
    reason: Annotated[DecisionReason, Field(strict=False)] | None = None
    """Due with ``edit`` and ``reject``."""
