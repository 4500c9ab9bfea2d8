"""What to look at about what was reported, and about the times that facts are given with."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from optimizer.problem import Problem
from optimizer.rating import SPANS, rates
from optimizer.trial import Measure, Posture, Recall, Report, Trial
from service.ledger.in_force import CLOCK_TOLERANCE


def of_report(report: Report, trial: Trial | None, now: datetime) -> list[str]:
    """Return the codes that hold of a rating.

    It may be dated before its trial, after its end, or in the future, or look back on what was before the trial; a trial that
    was taken back is None, and what is said of it does not count.
    """
    if trial is None:
        return ["trial_taken_back"]
    flags = []
    if report.occurred_at < trial.occurred_at:
        flags.append("before_trial")
    elif recalled_from(report) < trial.occurred_at:
        flags.append("recall_before_trial")
    if trial.ended_at is not None and report.occurred_at > trial.ended_at + CLOCK_TOLERANCE:
        flags.append("after_trial")
    if report.occurred_at > now + CLOCK_TOLERANCE:
        flags.append("in_the_future")
    return flags


def of_kind(problem: Problem, report: Report) -> list[str]:
    """Return the code that holds of harm of a kind the course does not declare; above 0 it counts as a hard stop."""
    told = report.measure is Measure.SIDE_EFFECT and report.value is not None
    return ["undeclared_kind"] if told and problem.side_effect(report.kind) is None else []


Moment = tuple[str, datetime, Posture]
"""Trial, instant and posture of a rating."""


def of_sites(problem: Problem, report: Report, trial: Trial | None, rated: Collection[Moment]) -> list[str]:
    """Return the code that holds of a rating of pain while a site that counts was not rated beside it.

    Args:
        problem: Its objective names the sites; where pain is one, the code never holds.
        report: The rating.
        trial: Its trial; None where that was taken back.
        rated: The moments that were rated in full by now, this report included.
    """
    if not problem.objective.site_weights or trial is None or not rates(trial, report):
        return []
    return [] if (trial.id, report.occurred_at, report.posture) in rated else ["sites_missing"]


def recalled_from(report: Report) -> datetime:
    """Return the instant from which on a rating speaks of how it was."""
    if report.recall is not Recall.TODAY:
        return report.occurred_at - SPANS.get(report.recall, timedelta())
    local = report.occurred_at.astimezone(_zone(report.zone) or UTC)
    return local.replace(hour=0, minute=0, second=0, microsecond=0)


def of_zone(zone: str, stated: Iterable[datetime | None]) -> list[str]:
    """Return the code that holds of times that were not given as clocks show them in a zone.

    Args:
        zone: As the caller stated it.
        stated: Instants with the offsets they were sent with. One in UTC says nothing of where it was.
    """
    place = _zone(zone)
    if place is None:
        return []
    local = [at for at in stated if at is not None and at.utcoffset()]
    return (
        ["zone_mismatch"] if any(at.utcoffset() != at.astimezone(place).utcoffset() for at in local) else []
    )


def _zone(name: str) -> tzinfo | None:
    """Return a zone, or None on a machine that knows none."""
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError:
        return None


Said = tuple[str, Measure, str, Posture, datetime, float | None]
"""Trial, measure, kind, posture, instant and value of a report."""


def said(report: Report) -> Said:
    """Return what a report says, whatever its id."""
    return report.trial_id, report.measure, report.kind, report.posture, report.occurred_at, report.value


def of_repeat(report: Report, known: Collection[Said]) -> list[str]:
    """Return the code that holds of what was said already; what amends a report takes its place and repeats nothing."""
    return ["repeats"] if report.amends is None and said(report) in known else []
