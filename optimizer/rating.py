"""What reports say of the outcome: one number a moment, of one pain or of several sites together."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from optimizer.problem import Problem
from optimizer.trial import UNSTIMULATED, Facts, Measure, Posture, Recall, Report, Trial

SPANS = {Recall.LAST_24_H: timedelta(days=1), Recall.LAST_7_DAYS: timedelta(days=7)}
"""What a question looks back on, where that is surely longer than a visit; a day may have begun with one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """What reports of one moment say of the outcome."""

    value: float
    occurred_at: datetime
    posture: Posture
    report_ids: tuple[str, ...]


def rates(trial: Trial, report: Report) -> bool:
    """Return whether a report rates what its trial applied.

    Pain while stimulation was off says nothing of the settings it was off with, nor does pain that was mostly felt before they
    were on: both count where the trial itself was one without stimulation.
    """
    if report.measure is not Measure.PAIN or report.value is None:
        return False
    return trial.kind in UNSTIMULATED or (report.stimulation_on and not precedes(trial, report))


def precedes(trial: Trial, report: Report) -> bool:
    """Return whether more than half of the span that a report looks back on lies before its trial."""
    span = SPANS.get(report.recall)
    return span is not None and report.occurred_at - trial.occurred_at < 0.5 * span


def ratings(problem: Problem, facts: Facts) -> tuple[Rating, ...]:
    """Return what a trial's reports say of the outcome, once for each moment it was rated at.

    Args:
        problem: Its objective says whether several pain sites are rated and how they are weighed.
        facts: Of one trial.

    Returns:
        Without sites, every report that :func:`rates` the trial. With sites, their weighted mean at each moment at which all
        that count were rated; two ratings of one site at one moment count half each.
    """
    told = [
        (report, report.value)
        for report in facts.pain
        if report.value is not None and rates(facts.trial, report)
    ]
    if not problem.objective.site_weights:
        return tuple(
            Rating(value=value, occurred_at=r.occurred_at, posture=r.posture, report_ids=(r.id,))
            for r, value in told
        )
    counting = {site for site, weight in problem.objective.site_weights.items() if weight > 0}
    moments: dict[tuple[datetime, Posture], dict[str, list[tuple[Report, float]]]] = {}
    for report, value in told:
        if report.kind in counting:
            moment = moments.setdefault((report.occurred_at, report.posture), {})
            moment.setdefault(report.kind, []).append((report, value))
    found = []
    for (at, posture), moment in moments.items():
        outcome = problem.objective.combined(
            {site: sum(value for _, value in said) / len(said) for site, said in moment.items()}
        )
        if outcome is not None:
            ids = tuple(report.id for said in moment.values() for report, _ in said)
            found.append(Rating(value=outcome, occurred_at=at, posture=posture, report_ids=ids))
    return tuple(found)
