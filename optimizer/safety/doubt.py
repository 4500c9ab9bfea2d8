"""Reasons in the record itself to propose nothing. A doubt is a hold with a reason, not a guess."""

from collections import defaultdict
from collections.abc import Mapping

import numpy as np

from optimizer.ask import Ask
from optimizer.decision import Hold, HoldReason
from optimizer.errors import EnvelopeError, HardLimitError
from optimizer.history import History
from optimizer.outcomes.scale import GRADE
from optimizer.problem import Problem
from optimizer.rating import ratings
from optimizer.safety import closure, strength, titration, tolerance
from optimizer.space.parameter import Value
from optimizer.space.settings import Settings
from optimizer.trial import Measure, Report, RungOutcome

CONTRADICTION_SHARE = 0.6
"""Two reports of one measure at the same instant further apart than this share of the scale contradict each other [A]."""


def hold(problem: Problem, history: History, ask: Ask) -> Hold | None:
    """Return the first reason to hold, or None.

    Args:
        problem: The course's problem.
        history: As of the ask.
        ask: The question.

    Returns:
        A hold for an unreviewed severe report, contradictory reports, settings in force past a limit or off the grid, a
        limit that cannot be checked, a home ask without the patient's range, or nothing rated yet.
    """
    found = (
        _adverse_event(problem, history)
        or _contradiction(problem, history)
        or _in_force(problem, ask)
        or _home(problem, ask)
        or _rating(problem, history)
    )
    if found is None:
        return None
    reason, subjects, release = found
    keep = meanwhile(problem, history, ask)
    return Hold(reason=reason, subject_ids=subjects, release=release, meanwhile=keep)


def no_safe_candidate(problem: Problem, history: History, ask: Ask) -> Hold:
    """Return the hold for an ask that leaves nothing to propose, with what bars settings now: reports, ramps of trials."""
    closed = [entry.report_id for entry in closure.closures(problem, history)]
    subjects = dict.fromkeys(closed + [bar.subject_id for bar in tolerance.bars(problem, history)])
    return Hold(
        reason=HoldReason.NO_SAFE_CANDIDATE,
        subject_ids=tuple(subjects),
        release="review" if subjects else "program_in_clinic",
        meanwhile=meanwhile(problem, history, ask),
    )


def model_failed(problem: Problem, history: History, ask: Ask) -> Hold:
    """Return the hold for an ask whose data the surrogate could not be conditioned on."""
    keep = meanwhile(problem, history, ask)
    return Hold(reason=HoldReason.MODEL_FAILED, release="review", meanwhile=keep)


def meanwhile(problem: Problem, history: History, ask: Ask) -> Settings | None:
    """Return the settings to be on while nothing is proposed: in force, else last tolerated, else lower, else off (None).

    Each only if it is on the grid, inside every limit, not closed, and weaker than what was not tolerated there; at home only
    what the patient may use there, or where nobody says what that is, what is on. Lower means just below settings in force that
    are off the grid, and only where nothing speaks against those.
    """
    barred = tolerance.bars(problem, history)
    closed = closure.closures(problem, history)
    tolerated = [
        facts.trial.applied.settings
        for facts in reversed(history.facts)
        if tolerance.shows_tolerance(problem, facts) and _usable(problem, ask, facts.trial.applied.settings)
    ]
    in_force = strength.of_point(problem, ask.in_force.values)
    lower = None
    if (
        ask.in_force.settings is None
        and not closed
        and not any(tolerance.blocks(bar, in_force) for bar in barred)
    ):
        lower = _just_below(problem, ask.in_force.values)
    on, lower = (_left_on(problem, ask, settings) for settings in (ask.in_force.settings, lower))
    found = list(dict.fromkeys(entry for entry in (on, *tolerated, lower) if entry is not None))
    if not found:
        return None
    rows = np.array([settings.indices for settings in found], dtype=np.int64)
    fine = problem.allowed(rows) & closure.open_to(problem, closed, rows)
    fine &= tolerance.below(barred, strength.of_grid_points(problem, rows))
    return found[int(fine.argmax())] if fine.any() else None


def _usable(problem: Problem, ask: Ask, settings: Settings | None) -> bool:
    """Return whether a patient may be told to use settings where the ask is made."""
    if settings is None:
        return False
    return bool(titration.usable(problem, ask, np.array([settings.indices], dtype=np.int64))[0])


def _left_on(problem: Problem, ask: Ask, settings: Settings | None) -> Settings | None:
    """Return what is on, or just below it, where the patient may be told to leave it on; at home not past a stated range."""
    return settings if ask.patient_range_ma is None or _usable(problem, ask, settings) else None


_Found = tuple[HoldReason, tuple[str, ...], str] | None


def _just_below(problem: Problem, values: Mapping[str, Value]) -> Settings | None:
    """Return the grid point that is nowhere stronger than raw values, next to them; None where there is none.

    Each number one level down at most: a lower current, a narrower pulse, a lower rate, a shorter ON; OFF times up.
    """
    indices = []
    for parameter in problem.space.parameters:
        value = values.get(parameter.name)
        index = parameter.find(value)
        if index is None and not parameter.is_categorical and isinstance(value, int | float):
            levels = np.array(parameter.numbers)
            fits = np.flatnonzero(levels >= value if parameter.name == "off_s" else levels <= value)
            # past the device's range nobody knows what is on
            known = len(fits) and levels[0] <= value <= levels[-1]
            index = int(fits[0] if parameter.name == "off_s" else fits[-1]) if known else None
        if index is None:
            return None
        indices.append(index)
    return problem.space.at(indices)


def _adverse_event(problem: Problem, history: History) -> _Found:
    severe = tuple(
        report.id
        for report in history.reports
        if tolerance.is_severe(problem, report) and not history.reviewed(report.id, report.recorded_at)
    )
    return (HoldReason.UNREVIEWED_ADVERSE_EVENT, severe, "review") if severe else None


def _contradiction(problem: Problem, history: History) -> _Found:
    groups: dict[tuple[object, ...], list[Report]] = defaultdict(list)
    for report in history.standing:
        what = (report.measure, report.kind, report.recall, report.stimulation_on)
        groups[(report.trial_id, *what, report.occurred_at, report.posture)].append(report)
    for reports in groups.values():
        values = [report.value for report in reports if report.value is not None]
        if max(values) - min(values) > CONTRADICTION_SHARE * _width(problem, reports[0]):
            subjects = tuple(report.id for report in reports)
            told_at = max(report.recorded_at for report in reports)
            if not any(history.reviewed(subject, told_at) for subject in subjects):
                return HoldReason.CONTRADICTORY_REPORTS, subjects, "review"
    for facts in history.facts:
        amplitudes = {
            outcome: [rung.amplitude_ma for rung in facts.trial.ramp if rung.outcome is outcome]
            for outcome in RungOutcome
        }
        met = amplitudes[RungOutcome.DISCOMFORT]
        passed = amplitudes[RungOutcome.TOLERATED] + amplitudes[RungOutcome.PERCEPTION]
        contradict = bool(met and passed) and max(passed) > min(met)
        if contradict and not history.reviewed(facts.trial.id, facts.trial.recorded_at):
            return HoldReason.CONTRADICTORY_REPORTS, (facts.trial.id,), "review"
    return None


def _width(problem: Problem, report: Report) -> float:
    """Length of the scale a report is on; of grades where its kind is not declared."""
    if report.measure is Measure.PAIN:
        return problem.outcome.width
    effect = problem.side_effect(report.kind)
    return GRADE.width if effect is None else effect.scale.width


def _in_force(problem: Problem, ask: Ask) -> _Found:
    settings = ask.in_force.settings
    if settings is None:
        return HoldReason.SETTINGS_OFF_GRID, (), "program_in_clinic"
    try:
        problem.check(settings)
    except HardLimitError as error:
        unchecked = error.problem.startswith("could not")
        reason = HoldReason.LIMIT_NOT_CHECKED if unchecked else HoldReason.SETTINGS_PAST_LIMIT
        return reason, (), "measure" if unchecked else "program_in_clinic"
    except EnvelopeError:
        return HoldReason.SETTINGS_PAST_LIMIT, (), "program_in_clinic"
    return None


def _home(problem: Problem, ask: Ask) -> _Found:
    if problem.has_stimulation and not ask.in_clinic and ask.patient_range_ma is None:
        return HoldReason.HOME_RANGE_UNKNOWN, (), "program_in_clinic"
    return None


def _rating(problem: Problem, history: History) -> _Found:
    rated = any(ratings(problem, facts) for facts in history.facts)
    return None if rated or not problem.has_stimulation else (HoldReason.NO_RATING, (), "rate")
