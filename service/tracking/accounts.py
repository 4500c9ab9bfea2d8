"""What each trial of a course was said to be, one account after the other: every one is a run of its own."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from optimizer.trial import Trial
from service.ledger.amendments import Amendment
from service.tracking.record import CourseRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One account of a trial: as first recorded, or as one correction said it."""

    identifier: str
    """Of the ledger entry: the trial itself, or the amendment."""
    number: int
    """Of the trial, counted from 1 in the order the ledger learned of them."""
    trial: Trial
    sequence: int
    """Of that entry."""
    amendment: Amendment | None
    """What said so; None of the first account."""
    replaced_by: Amendment | None
    """The correction that took its place or took it back; None where it stands."""
    until: int | None
    """Sequence of that correction."""


def accounts(record: CourseRecord) -> tuple[Account, ...]:
    """Return every account of every trial, in the order the ledger learned of the trials, then of their corrections."""
    corrections: dict[str, list[Amendment]] = defaultdict(list)
    for amendment in record.corrections:
        corrections[amendment.trial_id].append(amendment)
    first = {entry.trial.id: entry.trial for entry in reversed(record.history.past)}
    first |= {trial.id: trial for trial in record.history.trials if trial.id not in corrections}
    found: list[Account] = []
    for number, trial_id in enumerate(sorted(first, key=lambda each: record.sequences[each]), 1):
        found += _of_trial(record, number, first[trial_id], corrections[trial_id])
    return tuple(found)


def as_of(said: Iterable[Account], trial_id: str, sequence: int) -> Account:
    """Return the account of a trial that the ledger held last at a sequence."""
    earlier = [account for account in said if account.trial.id == trial_id and account.sequence <= sequence]
    return earlier[-1]


def _of_trial(record: CourseRecord, number: int, first: Trial, corrections: list[Amendment]) -> list[Account]:
    found = []
    for place, amendment in enumerate([None, *corrections]):
        trial = first if amendment is None else amendment.trial
        if trial is None:
            continue
        following = corrections[place] if place < len(corrections) else None
        identifier = trial.id if amendment is None else amendment.id
        found.append(
            Account(
                identifier=identifier,
                number=number,
                trial=trial,
                sequence=record.sequences[identifier],
                amendment=amendment,
                replaced_by=following,
                until=None if following is None else record.sequences[following.id],
            )
        )
    return found
