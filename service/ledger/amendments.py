"""Corrections of what was applied: facts of their own, which take a trial's place or take it back and keep what it was."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from optimizer import canonical
from optimizer.trial import Amended, Trial, utc
from service.ledger.facts import fact
from service.ledger.tables import AmendmentRow, Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """What a trial is said to be from now on; who says so stands in the entry."""

    id: str
    trial_id: str
    trial: Trial | None
    """The whole trial as corrected, under the trial's own id; None takes it back."""
    reason: str
    """Coded reason, never free text."""
    recorded_at: datetime

    def __post_init__(self) -> None:
        """Bring the time to UTC."""
        object.__setattr__(self, "recorded_at", utc(self.recorded_at, "amendment.recorded_at"))


def amended_since(session: Session, course_id: str, sequence: int) -> bool:
    """Return whether a trial of a course was corrected after a ledger sequence."""
    query = select(AmendmentRow.sequence).filter_by(course_id=course_id)
    return session.scalar(query.where(AmendmentRow.sequence > sequence).limit(1)) is not None


def read(facts: Iterable[tuple[str, str]]) -> tuple[tuple[Trial, ...], tuple[Amended, ...]]:
    """Return the trials that stand, and what they were before.

    Args:
        facts: Kind (``trial`` or ``amendment``) and document of entries, in the order of the record.
    """
    trials: list[Trial] = []
    amendments: list[Amendment] = []
    for kind, body in facts:
        if kind == "trial":
            trials.append(fact(Trial, body))
        else:
            amendments.append(fact(Amendment, body))
    return applied_to(trials, amendments)


def applied_to(
    trials: Sequence[Trial], amendments: Sequence[Amendment]
) -> tuple[tuple[Trial, ...], tuple[Amended, ...]]:
    """Return the trials that stand after corrections in the order of the record, and what they were before."""
    standing: dict[str, Trial] = {trial.id: trial for trial in trials}
    before: list[Amended] = []
    for amendment in amendments:
        replaced = standing.pop(amendment.trial_id, None)
        if replaced is not None:
            before.append(Amended(trial=replaced, until=amendment.recorded_at))
        if amendment.trial is not None:
            standing[amendment.trial_id] = amendment.trial
    return tuple(standing.values()), tuple(before)


def standing_trial(session: Session, trial_id: str) -> Trial | None:
    """Return a trial as it is said to be now; None where it was taken back.

    Args:
        session: Any session.
        trial_id: A trial on record.
    """
    latest = (
        select(Entry.body)
        .join(AmendmentRow, AmendmentRow.sequence == Entry.sequence)
        .where(AmendmentRow.trial_id == trial_id)
        .order_by(Entry.sequence.desc())
    )
    corrected = session.scalar(latest.limit(1))
    if corrected is not None:
        return canonical.decode(Amendment, corrected).trial
    body = session.scalar(select(Entry.body).filter_by(id=trial_id, kind="trial"))
    return canonical.decode(Trial, body or "")
