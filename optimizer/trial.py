"""Facts of a course: settings applied over an interval, and the reports given about them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum

from optimizer.errors import OffGridError, OutcomeScaleError, TrialOrderError
from optimizer.space.parameter import Value
from optimizer.space.settings import Settings


class TrialKind(StrEnum):
    """Why settings were applied."""

    NORMAL = "normal"
    BASELINE = "baseline"
    """Before any stimulation of this course."""
    REFERENCE = "reference"
    """A declared return to the reference settings."""
    STIMULATION_OFF = "stimulation_off"


UNSTIMULATED = (TrialKind.BASELINE, TrialKind.STIMULATION_OFF)
"""Trials whose reports say nothing about settings, whatever settings were stored with them: they were not applied."""


class Posture(StrEnum):
    """The patient's posture at a report."""

    UNKNOWN = "unknown"
    STANDING = "standing"
    SITTING = "sitting"
    LYING = "lying"
    PRONE = "prone"


class RungOutcome(StrEnum):
    """What one step of a ramp met."""

    TOLERATED = "tolerated"
    PERCEPTION = "perception"
    """Felt for the first time, and tolerated."""
    DISCOMFORT = "discomfort"
    """Uncomfortable: the ramp stopped here."""


class Measure(StrEnum):
    """What a report speaks of."""

    PAIN = "pain"
    """The primary outcome of the problem, on its declared scale."""
    SIDE_EFFECT = "side_effect"
    """A grade of one kind; of one nobody declared, a hard stop."""


class Recall(StrEnum):
    """The span a report looks back on."""

    NOW = "now"
    TODAY = "today"
    LAST_24_H = "last_24_h"
    LAST_7_DAYS = "last_7_days"


def utc(at: datetime, name: str) -> datetime:
    """Return an instant in UTC.

    Args:
        at: A timezone-aware time.
        name: The field it stands in, for the message.

    Returns:
        The same instant in UTC.

    Raises:
        TrialOrderError: If it is no time, has no zone (guessing one would shift a day's reports) or is no date in UTC.
    """
    if not isinstance(at, datetime):
        raise TrialOrderError(name, "is no time", limit="a datetime with its zone")
    if at.tzinfo is None:
        raise TrialOrderError(name, "has no time zone", remedy="Give the offset, for example +01:00 or Z.")
    try:
        there = at.astimezone(UTC)
    except OverflowError:
        raise TrialOrderError(name, "lies outside the calendar", limit="years 1 to 9999 in UTC") from None
    # pandas has a kind of time of its own, which no document can hold
    return there if type(there) is datetime else datetime.combine(there.date(), there.time(), UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """Settings as they were set: raw values, and the grid point where they are one (a remote may leave the grid)."""

    values: dict[str, Value]
    settings: Settings | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One step of the ramp to a trial's settings; amplitude in mA, the other parameters as in the trial.

    Raises:
        OffGridError: If the amplitude is negative or not finite.
    """

    amplitude_ma: float
    outcome: RungOutcome

    def __post_init__(self) -> None:
        """Check that the amplitude is one."""
        if not (math.isfinite(self.amplitude_ma) and self.amplitude_ma >= 0):
            raise OffGridError("rung.amplitude_ma", "is negative or not finite", limit=">= 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """Settings applied from one instant on.

    Raises:
        TrialOrderError: If it ends before it starts or a time has no zone.
    """

    id: str
    applied: Applied
    occurred_at: datetime
    """When the settings were switched on."""
    recorded_at: datetime
    """When the record learned of it; never before it occurred by more than clocks differ."""
    ended_at: datetime | None = None
    kind: TrialKind = TrialKind.NORMAL
    ramp: tuple[Rung, ...] = ()
    in_clinic: bool = True
    source: str = "programmer"
    """Who set them: programmer, remote, import."""
    zone: str = "UTC"
    """The patient's IANA zone, kept for daily rhythm."""

    def __post_init__(self) -> None:
        """Bring times to UTC and check their order."""
        object.__setattr__(self, "occurred_at", utc(self.occurred_at, "trial.occurred_at"))
        object.__setattr__(self, "recorded_at", utc(self.recorded_at, "trial.recorded_at"))
        if self.ended_at is not None:
            object.__setattr__(self, "ended_at", utc(self.ended_at, "trial.ended_at"))
            if self.ended_at < self.occurred_at:
                raise TrialOrderError("trial.ended_at", "lies before the trial began")

    def as_of(self, at: datetime) -> "Trial":
        """Return it as an instant knew it: an end that had not come was not known."""
        return self if self.ended_at is None or self.ended_at <= at else replace(self, ended_at=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Amended:
    """What a trial was said to be, until a correction took its place or took it back."""

    trial: Trial
    """As it was said; its id is the trial's, whatever was corrected."""
    until: datetime
    """When the correction was recorded."""

    def __post_init__(self) -> None:
        """Bring the time to UTC."""
        object.__setattr__(self, "until", utc(self.until, "amended.until"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One rating of one trial.

    A later report with the same ``amends`` takes the place of the named one from its ``recorded_at`` on; with no value it
    retracts it. Nothing is ever changed in place.

    Raises:
        TrialOrderError: If it is empty and amends nothing, or a time has no zone.
        OutcomeScaleError: If its value is not a finite number.
    """

    id: str
    trial_id: str
    measure: Measure
    value: float | None
    """On the declared scale; None only in a retraction."""
    kind: str = ""
    """Kind of side effect; empty for pain."""
    occurred_at: datetime
    """The instant the rating speaks of."""
    recorded_at: datetime
    posture: Posture = Posture.UNKNOWN
    stimulation_on: bool = True
    """False where it was off at that instant: pain then rates no settings, but for a trial without stimulation."""
    recall: Recall = Recall.NOW
    zone: str = "UTC"
    amends: str | None = None

    def __post_init__(self) -> None:
        """Bring times to UTC and check the value."""
        object.__setattr__(self, "occurred_at", utc(self.occurred_at, "report.occurred_at"))
        object.__setattr__(self, "recorded_at", utc(self.recorded_at, "report.recorded_at"))
        if self.value is None and self.amends is None:
            raise TrialOrderError("report.value", "is empty, but the report amends nothing")
        if self.value is not None and not math.isfinite(self.value):
            raise OutcomeScaleError("report.value", "is not a finite number")


def amendment_chain(identifier: str, amends: Mapping[str, str | None]) -> tuple[str, ...]:
    """Return a report and what it amends, by id, back to the first; a circle ends where it closes.

    Args:
        identifier: Of the report.
        amends: What each report amends, by id.
    """
    chain = {identifier: None}
    while (amended := amends[identifier]) is not None and amended not in chain:
        chain[amended] = None
        identifier = amended
    return tuple(chain)


class ReviewSubject(StrEnum):
    """What a clinician's review releases."""

    HOLD = "hold"
    """A doubt in the record, for example contradictory reports."""
    CLOSURE = "closure"
    """What a severe report closed."""
    ADVERSE_EVENT = "adverse_event"
    """A severe report seen, its closure kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A clinician looked and decided; the only thing that releases a hold or a closure."""

    id: str
    subject: ReviewSubject
    subject_id: str
    """Id of the report or trial the hold or closure rests on."""
    reason: str
    """Coded reason, never free text."""
    occurred_at: datetime
    recorded_at: datetime

    def __post_init__(self) -> None:
        """Bring times to UTC."""
        object.__setattr__(self, "occurred_at", utc(self.occurred_at, "review.occurred_at"))
        object.__setattr__(self, "recorded_at", utc(self.recorded_at, "review.recorded_at"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What one trial came to: the reports that stand, by measure."""

    trial: Trial
    pain: tuple[Report, ...] = ()
    side_effects: tuple[Report, ...] = field(default=())
