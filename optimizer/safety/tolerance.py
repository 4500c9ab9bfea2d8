"""What this patient showed to tolerate, and what not."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from optimizer.history import History
from optimizer.problem import Problem
from optimizer.rating import precedes
from optimizer.safety import strength
from optimizer.safety.strength import Stimuli
from optimizer.space.parameter import GRID_TOLERANCE
from optimizer.trial import (
    UNSTIMULATED,
    Facts,
    Measure,
    Posture,
    Report,
    ReviewSubject,
    RungOutcome,
    Trial,
)

CLOCKS_DIFFER = timedelta(minutes=5)
"""How far the clocks of who programs and who reports may differ before a report speaks of a time before its trial [A]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """Settings that were not tolerated: an intolerable report, or a ramp that met discomfort."""

    subject_id: str
    """Id of the report, or of the trial whose ramp it was; a clinician's review of it lifts the bar."""
    stimulus: Stimuli
    """The settings, as one stimulus."""
    told_at: datetime
    """When the report, or the ramp, was recorded."""
    since: datetime
    """From when on it holds: the report's time, not before its trial's, which a wrong clock may say."""
    posture: Posture
    severe: bool


def is_severe(problem: Problem, report: Report) -> bool:
    """Return whether a report is of a severe side effect: one that closes settings and asks for a review."""
    return (
        report.measure is Measure.SIDE_EFFECT
        and report.value is not None
        and problem.is_severe(report.kind, report.value)
    )


def is_tolerated(problem: Problem, facts: Facts) -> bool:
    """Return whether a trial counts as tolerated.

    It was rated while stimulation was on, no side effect passed the limit, and its ramp met no discomfort at or below the
    settings it ended with. A trial nobody rated shows nothing, nor does one that was only asked about what was before it.
    """
    harmed = any(problem.is_intolerable(r.kind, r.value) for r in facts.side_effects if r.value is not None)
    return bool(_felt(facts)) and not harmed and not _met_discomfort(facts)


def shows_tolerance(problem: Problem, facts: Facts) -> bool:
    """Return whether a trial is a tolerated one to titrate from: stimulation was applied in it."""
    return facts.trial.kind not in UNSTIMULATED and is_tolerated(problem, facts)


def bars(problem: Problem, history: History) -> tuple[Bar, ...]:
    """Return what was not tolerated, and neither since nor released by a clinician.

    A bar is lifted by a later tolerated trial of the same configuration that was surely as strong, and rated in the same
    posture where the posture is known.
    """
    if not problem.has_stimulation or problem.tolerability is None:
        return ()
    released_at = released(history)
    corrected = {entry.trial.id for entry in history.past}
    found = [
        bar
        for facts in history.facts
        for bar in _bars_of(problem, facts)
        if not covers(
            released_at.get(bar.subject_id), bar.told_at, facts.trial, corrected=facts.trial.id in corrected
        )
    ]
    if not found:
        return ()
    later = [facts for facts in history.facts if shows_tolerance(problem, facts)]
    points = strength.of_points(problem, [facts.trial.applied.values for facts in later])
    return tuple(
        bar for bar in found if not any(_lifts(facts, points[row], bar) for row, facts in enumerate(later))
    )


def released(history: History) -> dict[str, datetime]:
    """Return when what each report or ramp forbids was last released by a clinician, by the subject of the review."""
    found: dict[str, datetime] = {}
    for review in history.reviews:
        if review.subject is ReviewSubject.CLOSURE:
            found[review.subject_id] = max(
                review.recorded_at, found.get(review.subject_id, review.recorded_at)
            )
    return found


def covers(release: datetime | None, told_at: datetime, trial: Trial, *, corrected: bool) -> bool:
    """Return whether a release covers an account of a trial: nobody releases what they had not heard of.

    Args:
        release: When it was recorded; None where there is none.
        told_at: When the report, or the ramp, was.
        trial: The account.
        corrected: Whether another one came before it.
    """
    return release is not None and release >= told_at and not (corrected and release <= trial.recorded_at)


def same_configuration(bar: Bar, candidates: Stimuli) -> NDArray[np.bool_]:
    """Return which candidates a bar speaks of, ``(c,)``; one of an unknown configuration speaks of all."""
    place = int(bar.stimulus.configuration)
    return np.asarray((candidates.configuration == place) | (place < 0))


def reaches(bar: Bar, candidates: Stimuli) -> NDArray[np.bool_]:
    """Return which candidates may be as strong as a bar, ``(c,)``; all of them where its strength is unknown."""
    point = bar.stimulus
    if not point.known:
        return np.ones_like(candidates.amplitude_ma, dtype=np.bool_)
    slower = np.minimum(candidates.rate_factor / point.rate_factor, 1.0)
    as_strong_ma = strength.as_strong_ma(float(point.amplitude_ma), point, candidates) * slower
    return np.asarray(~(candidates.amplitude_ma < as_strong_ma * (1.0 - strength.TOLERANCE)))


def below(barred: tuple[Bar, ...], candidates: Stimuli) -> NDArray[np.bool_]:
    """Return which candidates are surely weaker than every bar of their configuration, ``(c,)``."""
    weaker = np.ones(len(candidates), dtype=np.bool_)
    for bar in barred:
        rows = np.flatnonzero(same_configuration(bar, candidates))
        weaker[rows] &= ~reaches(bar, candidates[rows])
    return weaker


def blocks(bar: Bar, point: Stimuli) -> bool:
    """Return whether one stimulus may be as strong as a bar of its configuration."""
    return bool(_concerned(bar, point).all())


def refuted(problem: Problem, barred: tuple[Bar, ...], facts: Facts) -> bool:
    """Return whether a trial was tolerated, and settings surely no stronger were not since, in its configuration.

    A bar of unknown strength refutes all that came before it. What was tolerated after a bar lifted it, or speaks of another
    posture.
    """
    point = strength.of_point(problem, facts.trial.applied.values)
    told = max(_happened_by(report) for report in facts.pain + facts.side_effects)
    return any(
        told <= bar.since
        and bool(same_configuration(bar, point))
        and (not bar.stimulus.known or strength.surely_as_strong(point, bar.stimulus))
        for bar in barred
    )


def subjects(barred: tuple[Bar, ...], candidates: Stimuli) -> tuple[str, ...]:
    """Return the reports and ramps, by id, whose bars some of the candidates may be as strong as."""
    found = (bar.subject_id for bar in barred if _concerned(bar, candidates).any())
    return tuple(dict.fromkeys(found))


def _concerned(bar: Bar, candidates: Stimuli) -> NDArray[np.bool_]:
    """Return which candidates may be as strong as a bar of their configuration, ``(c,)``."""
    return same_configuration(bar, candidates) & reaches(bar, candidates)


def _bars_of(problem: Problem, facts: Facts) -> list[Bar]:
    """Return one bar per intolerable report, and one per discomfort of the ramp.

    Reports of a trial without stimulation speak of none; a ramp was felt, also where nothing was left on after it.
    """
    values = facts.trial.applied.values
    reports = () if facts.trial.kind in UNSTIMULATED else facts.side_effects
    found = [
        Bar(
            subject_id=report.id,
            stimulus=strength.of_point(problem, values),
            told_at=report.recorded_at,
            since=max(report.occurred_at, facts.trial.occurred_at),
            posture=report.posture,
            severe=problem.is_severe(report.kind, report.value),
        )
        for report in reports
        if report.value is not None and problem.is_intolerable(report.kind, report.value)
    ]
    # one each: what is later tolerated may lift the lower of two and not the higher
    found += [
        Bar(
            subject_id=facts.trial.id,
            stimulus=strength.of_point(problem, {**values, "amplitude_ma": rung.amplitude_ma}),
            told_at=facts.trial.recorded_at,
            since=facts.trial.occurred_at,
            posture=Posture.UNKNOWN,
            severe=False,
        )
        for rung in facts.trial.ramp
        if rung.outcome is RungOutcome.DISCOMFORT
    ]
    return found


def _lifts(facts: Facts, point: Stimuli, bar: Bar) -> bool:
    """Return whether a tolerated trial came after a bar, was as strong, and was rated in its posture."""
    rated_after = any(
        _happened_by(report) > bar.since and bar.posture in (Posture.UNKNOWN, report.posture)
        for report in _felt(facts)
    )
    return (
        rated_after
        and _happened_by(facts.trial) > bar.since
        # of two that are unknown nobody knows whether they are the same
        and int(point.configuration) == int(bar.stimulus.configuration) >= 0
        and strength.surely_as_strong(point, bar.stimulus)
    )


def _felt(facts: Facts) -> list[Report]:
    """Return the reports that say what a trial was like: stimulation was on, and they do not look back on what was before it."""
    trial = facts.trial
    return [
        report
        for report in facts.pain + facts.side_effects
        if report.stimulation_on
        and trial.occurred_at - report.occurred_at <= CLOCKS_DIFFER
        and not precedes(trial, report)
    ]


def _happened_by(fact: Trial | Report) -> datetime:
    """Return when a fact happened at the latest: nothing is recorded before it, whatever a clock ahead of time says."""
    return min(fact.occurred_at, fact.recorded_at)


def _met_discomfort(facts: Facts) -> bool:
    """Return whether the ramp met discomfort at or below the settings the trial ended with."""
    applied_ma = facts.trial.applied.values.get("amplitude_ma")
    met = [rung.amplitude_ma for rung in facts.trial.ramp if rung.outcome is RungOutcome.DISCOMFORT]
    if not met or not isinstance(applied_ma, int | float):
        return bool(met)
    return not min(met) > applied_ma + GRID_TOLERANCE
