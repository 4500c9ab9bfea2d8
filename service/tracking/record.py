"""One course as the ledger holds it, as one canonical document: what the projection is made from and read back to."""

from dataclasses import dataclass
from datetime import datetime

from msgspec import UNSET, UnsetType

from optimizer.decision import Decision, Hold, Proposal, Step, Stop
from optimizer.errors import MalformedDocumentError
from optimizer.history import History
from optimizer.problem import Problem
from optimizer.trial import Facts, Report, Review, Trial, utc
from service.ledger.amendments import Amendment


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A stored decision of the optimiser; exactly one of proposal, hold and stop is there.

    Raises:
        MalformedDocumentError: If none or several are.
    """

    id: str
    sequence: int
    """Place in the ledger."""
    recorded_at: datetime
    status: str
    """Where its life cycle stands: proposed, approved, rejected, applied ...; of a hold or a stop, advice."""
    proposal: Proposal | None = None
    hold: Hold | None = None
    stop: Stop | None = None

    def __post_init__(self) -> None:
        """Bring the time to UTC and count the decisions."""
        object.__setattr__(self, "recorded_at", utc(self.recorded_at, "decided.recorded_at"))
        if sum(part is not None for part in (self.proposal, self.hold, self.stop)) != 1:
            raise MalformedDocumentError("decided", "is not one decision", limit="proposal, hold or stop")

    @property
    def decision(self) -> Decision:
        """The decision itself."""
        for part in (self.proposal, self.hold, self.stop):
            if part is not None:
                return part
        raise MalformedDocumentError("decided", "is empty")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The end of a course."""

    sequence: int
    """Place in the ledger."""
    occurred_at: datetime
    reason: str

    def __post_init__(self) -> None:
        """Bring the time to UTC."""
        object.__setattr__(self, "occurred_at", utc(self.occurred_at, "ended.occurred_at"))


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseRecord:
    """Everything the projection of one course shows, in domain values. No free text, no names.

    Raises:
        MalformedDocumentError: If a fact has no ledger sequence.
    """

    course_id: str
    site: str
    patient: str
    """Pseudonym."""
    status: str
    """``open``, or ``ended``."""
    opened_at: datetime
    problem: Problem
    history: History
    decisions: tuple[Decided, ...] = ()
    sequences: dict[str, int]
    """Id of each trial, amendment, report and review -> its ledger sequence."""
    proposed_by: dict[str, str]
    """Id of a trial -> id of the decision it came from; trials nobody proposed are absent."""
    amendments: tuple[Amendment, ...] | UnsetType = UNSET
    """Corrections of trials, in order. Unset, and absent from documents, where there are none."""
    opened_under: Problem | UnsetType = UNSET
    """The problem as the course was opened. Unset, and absent from documents, where it is the one stated now."""
    ended: Ended | UnsetType = UNSET
    """How it ended. Unset, and absent from documents, where it goes on."""

    def __post_init__(self) -> None:
        """Check that every fact has its place in the ledger."""
        object.__setattr__(self, "opened_at", utc(self.opened_at, "record.opened_at"))
        facts: tuple[Trial | Report | Review | Amendment, ...] = (
            *self.history.trials,
            *(entry.trial for entry in self.history.past),
            *self.history.reports,
            *self.history.reviews,
            *self.corrections,
        )
        if any(fact.id not in self.sequences for fact in facts):
            raise MalformedDocumentError("record.sequences", "leave out a fact", limit="one for every fact")

    @property
    def sequence(self) -> int:
        """The last ledger sequence this record has seen; 0 where nothing happened yet."""
        decided = [decided.sequence for decided in self.decisions]
        ended = [] if self.end is None else [self.end.sequence]
        return max([*self.sequences.values(), *decided, *ended], default=0)

    @property
    def corrections(self) -> tuple[Amendment, ...]:
        """Corrections of trials, in the order the ledger learned of them."""
        return () if isinstance(self.amendments, UnsetType) else self.amendments

    @property
    def opened_problem(self) -> Problem:
        """The problem as the course was opened; what was measured since plays no part in what it states."""
        return self.problem if isinstance(self.opened_under, UnsetType) else self.opened_under

    @property
    def end(self) -> Ended | None:
        """How it ended; None where it goes on."""
        return None if isinstance(self.ended, UnsetType) else self.ended

    def trials(self) -> tuple[Trial, ...]:
        """Return the trials in the order the ledger learned of them, which late reports do not change."""
        return tuple(sorted(self.history.trials, key=lambda trial: self.sequences[trial.id]))

    def facts(self) -> tuple[Facts, ...]:
        """Return the trials with the reports that stand, in the order the ledger learned of the trials."""
        return tuple(sorted(self.history.facts, key=lambda facts: self.sequences[facts.trial.id]))

    def reports(self) -> tuple[Report, ...]:
        """Return every report, amended ones too, in the order the ledger learned of them."""
        return tuple(sorted(self.history.reports, key=lambda report: self.sequences[report.id]))

    def decided(self, trial: Trial) -> Decided | None:
        """Return the decision a trial came from, or None."""
        identifier = self.proposed_by.get(trial.id)
        return next((decided for decided in self.decisions if decided.id == identifier), None)

    def prediction(self, trial: Trial) -> Step | None:
        """Return the step that predicted a trial, or None where what was applied is not what was proposed."""
        decided = self.decided(trial)
        if decided is None or decided.proposal is None or trial.applied.settings is None:
            return None
        return next(
            (step for step in decided.proposal.steps if step.settings == trial.applied.settings), None
        )
