"""What the optimiser answers: a proposal, a hold or a stop. Plain data; the work of filling it lies above.

Stored documents are read for ever: a field that a release adds is unset by default, and then absent from documents.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import UNSET, UnsetType

from optimizer import canonical
from optimizer.errors import MalformedDocumentError
from optimizer.space.constraint import Reading
from optimizer.space.parameter import Value
from optimizer.space.settings import Settings

VALID_FOR = timedelta(days=7)
"""How long a proposal may wait for its decision [A]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A prediction: mean and the central 90 % interval, in points of its scale."""

    mean: float
    low: float
    high: float


class Purpose(StrEnum):
    """Why settings are proposed."""

    IMPROVE = "improve"
    """Expected to be better than what is known."""
    LEARN = "learn"
    """A deliberate step to learn what lies there, for example the edge of the safe set."""
    REPLICATE = "replicate"
    """A declared repeat: the settings look best, but rest on too few reports."""
    BASELINE = "baseline"
    """Stay at the start until it has been rated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One parameter that differs from the settings in force."""

    parameter: str
    unit: str
    before: Value | None
    after: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Influence:
    """A past report and how much it carried the decision."""

    report_id: str
    weight: float
    """Share of the prediction at the proposed settings that rests on it, 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """What one posture alone could have, where settings for all day cost more than a point of relief.

    An offer to search further in a course of that posture; never settings for all day.
    """

    use: str
    """``upright`` or ``lying``."""
    settings: Settings
    """What may be programmed for it today: the way there, or there already."""
    steps: int
    """Titration steps that then remain."""
    relief_nrs: Interval
    """Where the way leads, against what is recommended for all day, in this posture."""
    p_intolerable: float
    """Probability of an intolerable report at the settings, in this posture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why, as data; wording is left to the one who shows it."""

    purpose: Purpose
    gain_nrs: Interval
    """Expected change of utility against the settings in force: relief less what tolerable side effects bother."""
    p_intolerable: dict[str, float]
    """Declared posture -> probability of an intolerable report of what rises with intensity; slips of reporting are left out."""
    changes: tuple[Change, ...]
    influences: tuple[Influence, ...] = ()
    trustworthy: bool = True
    """False where the model does not describe this patient's own reports."""
    doubts: tuple[str, ...] = ()
    """Codes of what would make one careful: ``few-reports``, ``poor-fit``, ``low-effective-sample-size``,
    ``older-ratings-left-out``; of a policy that has none, ``no-model``."""
    would_change: tuple[str, ...] = ()
    """Codes of what would change the decision."""
    programmes: tuple[Programme, ...] | UnsetType = UNSET
    """One per posture; unset where settings for all day are not asked for or cost no more than a point."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What a decision rests on: enough to compute it again."""

    titrate_version: str
    torch_version: str
    processor: str
    """Capability of the processor; the same bits are promised only under the same one."""
    policy: str
    problem_fingerprint: str
    history_digest: str
    prior_version: str
    seed: int
    effective_sample_size: float | None = None
    """Of the draws of the hyperparameters; None where no model was used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Settings to try, with what is predicted of them and the range the patient may use around them."""

    settings: Settings
    amplitude_range_ma: tuple[float, float] | None
    """The patient's own minimum and maximum; None where there is no amplitude."""
    relief_nrs: Interval
    """Predicted relief against the mean outcome at the settings in force; of a plan's later steps, at the step before."""
    outcome: Interval
    """Predicted report on the outcome's own scale, in the posture of the ask."""
    rating_probabilities: tuple[float, ...] | UnsetType = UNSET
    """Probability of each whole number of the outcome's scale, lowest first; empty on a real scale. Unset, and absent from
    documents, without a model."""
    side_effect_grade: Interval | None
    """None where tolerability does not apply."""
    explanation: Explanation
    limits: tuple[Reading, ...]
    """Every hard limit with its value, bound, source and evidence."""

    @property
    def named(self) -> tuple[Settings, ...]:
        """All it says may be programmed: its own settings, then what is offered for one posture."""
        return (self.settings, *(entry.settings for entry in self.explanation.programmes or ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """An ordered plan of settings to try, one decision for all of it.

    The next step only if the one before was tolerated; a severe report voids the rest.
    """

    steps: tuple[Step, ...]
    recommendation: Settings | None
    """What to keep as things stand, which may differ from what to try."""
    recommendation_relief_nrs: Interval | None
    recommendation_over_start_nrs: Interval | UnsetType | None = UNSET
    """Relief of the recommendation against where the course started: what a search may claim. Unset without a model."""
    barred_by: tuple[str, ...] | UnsetType = UNSET
    """Reports and trials (their ramps) that keep tried settings believed better from being recommended: until a review
    of each, nothing as strong is kept or tried in their configuration. Unset where there are none."""
    valid_until: datetime
    basis: Basis

    @property
    def settings(self) -> Settings:
        """The first settings to try."""
        return self.steps[0].settings


class HoldReason(StrEnum):
    """Why no proposal is defensible."""

    NO_SAFE_CANDIDATE = "no_safe_candidate"
    UNREVIEWED_ADVERSE_EVENT = "unreviewed_adverse_event"
    CONTRADICTORY_REPORTS = "contradictory_reports"
    LIMIT_NOT_CHECKED = "limit_not_checked"
    SETTINGS_PAST_LIMIT = "settings_past_limit"
    SETTINGS_OFF_GRID = "settings_off_grid"
    NO_RATING = "no_rating"
    HOME_RANGE_UNKNOWN = "home_range_unknown"
    MODEL_FAILED = "model_failed"
    STALE_FALLBACK = "stale_fallback"
    SITE_STOPPED = "site_stopped"
    """Someone stopped every course of the site."""
    PATIENT_PAUSED = "patient_paused"
    ADVERSE_EVENT_ELSEWHERE = "adverse_event_elsewhere"
    """A severe report in another course of the patient, which no clinician has reviewed."""
    CONTRAINDICATED = "contraindicated"
    PREFLIGHT_FAILED = "preflight_failed"
    PREFLIGHT_DUE = "preflight_due"
    """A check that the device file asks for is missing or stale."""
    OPTIMIZER_CHANGED = "optimizer_changed"
    """The course runs under another version than the one installed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """No proposal until something is resolved. A value, never an exception."""

    reason: HoldReason
    subject_ids: tuple[str, ...] = ()
    """Reports or trials the reason rests on, of which a review names one to release it; checks by name, stops by id."""
    release: str = ""
    """Code of what would release it: ``review``, ``rate``, ``measure``, ``program_in_clinic``, ``record_preflight``,
    ``release_stop``, ``migrate``, ``ask_again``."""
    notify: tuple[str, ...] = ("clinician",)
    """Who must know."""
    meanwhile: Settings | None = None
    """The settings to be on until then; None means stimulation off."""
    basis: Basis | None = None


class StopReason(StrEnum):
    """Why further search is not worth a visit."""

    GAIN_TOO_SMALL = "gain_too_small"
    NO_SETTING_HELPS = "no_setting_helps"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Advice to end the search and keep settings. Advice, never an order."""

    reason: StopReason
    keep: Settings
    relief_nrs: Interval
    over_start_nrs: Interval | UnsetType | None = UNSET
    """Relief of what to keep against where the course started. Unset without a model."""
    remaining_gain_nrs: float
    """Expected gain of the best step that remains."""
    barred_by: tuple[str, ...] | UnsetType = UNSET
    """As of a proposal."""
    basis: Basis


Decision = Proposal | Hold | Stop

_KINDS: dict[str, type[Proposal] | type[Hold] | type[Stop]] = {
    f"titrate.{kind.__name__}": kind for kind in (Proposal, Hold, Stop)
}


def decode_decision(data: bytes | str) -> Decision:
    """Read any decision from its canonical JSON.

    Raises:
        MalformedDocumentError: If the document is not a decision.
    """
    kind = _KINDS.get(canonical.format_of(data))
    if kind is not None:
        return canonical.decode(kind, data)
    raise MalformedDocumentError("format", "is not a decision", limit=", ".join(_KINDS))
