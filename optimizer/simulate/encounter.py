"""What passes between a patient and whoever asks: the circumstances in, the answers out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from optimizer.space.parameter import Value
from optimizer.space.settings import Settings
from optimizer.trial import Measure, Posture, Recall, Report, Rung

Programmed = Settings | Mapping[str, Value]
"""Settings on the grid, or raw values that may lie off it."""


def values_of(programmed: Programmed) -> Mapping[str, Value]:
    """Return raw values, parameter name -> value."""
    return programmed.as_dict() if isinstance(programmed, Settings) else programmed


@dataclass(frozen=True, slots=True, kw_only=True)
class Spell:
    """Settings that ran for a while."""

    settings: Programmed
    lasted_days: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What is true when a patient is asked and was not programmed."""

    posture: Posture = Posture.STANDING
    stimulation_on: bool = True
    on_for_s: float | None = None
    """How long the settings have run; None: long enough to have their full effect."""
    before: Programmed | None = None
    """Settings that ran until then, whose effect may linger; None: none."""
    earlier: tuple[Spell, ...] = ()
    """Everything that ran before, oldest first; for therapies whose benefit takes weeks (vagus)."""
    recall: Recall = Recall.NOW
    """The span the question about pain looks back on; side effects are asked about as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One thing a patient said; it becomes a report once it is known which trial it belongs to."""

    measure: Measure
    kind: str
    value: float
    occurred_at: datetime
    recorded_at: datetime
    posture: Posture
    stimulation_on: bool
    recall: Recall = Recall.NOW

    def report(self, trial_id: str) -> Report:
        """Return the answer as a report about a trial."""
        return Report(
            id=f"{trial_id}-{self.kind or self.measure}-{self.occurred_at:%Y%m%dT%H%M%S}",
            trial_id=trial_id,
            measure=self.measure,
            kind=self.kind,
            value=self.value,
            occurred_at=self.occurred_at,
            recorded_at=self.recorded_at,
            posture=self.posture,
            stimulation_on=self.stimulation_on,
            recall=self.recall,
        )


class SyntheticPatient(Protocol):
    """Whoever can be stimulated and asked."""

    def respond(self, settings: Programmed, context: Context, at: datetime) -> tuple[Answer, ...]:
        """Answer about settings in force; a question left unanswered is absent, never zero."""
        ...

    def ramp_to(
        self, settings: Programmed, amplitudes_ma: Sequence[float], context: Context, at: datetime
    ) -> tuple[Rung, ...]:
        """Climb to settings through rising amplitudes, stopping where it becomes uncomfortable."""
        ...
