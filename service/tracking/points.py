"""A course's facts as metric points: what was predicted beside what happened.

Every point belongs to one ledger entry and depends on nothing later, so showing a course entry by entry and showing it
once at the end give the same points.
"""

import math
from collections.abc import Iterator, Mapping
from datetime import datetime

import numpy as np

from optimizer.decision import Step
from optimizer.problem import Problem
from optimizer.rating import rates
from optimizer.space import pulse
from optimizer.space.parameter import Value
from optimizer.trial import Measure, Report, RungOutcome, Trial
from service.tracking.record import CourseRecord
from service.tracking.view import Point


def trial_points(record: CourseRecord, trial: Trial, *, entry: str | None = None) -> tuple[Point, ...]:
    """Return what is known of a trial when it is applied: settings, physics, ramp, prediction.

    Args:
        record: The course.
        trial: One of its trials, by any account.
        entry: Id of the ledger entry that said so; the trial's own where left out.

    Returns:
        Points at that entry's ledger sequence, timed at the trial's start.
    """
    values = {
        **_settings(trial.applied.values),
        **_physics(record.problem, trial.applied.values),
        **_ramp(trial),
    }
    step = record.prediction(trial)
    if step is not None:
        values |= _prediction(record.problem, step)
    return _points(values, trial.occurred_at, record.sequences[entry or trial.id])


def report_points(record: CourseRecord, report: Report, trial: Trial | None = None) -> tuple[Point, ...]:
    """Return what a report says, and how far the prediction was from it.

    Args:
        record: The course.
        report: One of its reports, amended or not; a retraction says nothing and gives no point.
        trial: Its trial by the account it is held against; as it stands where left out.

    Returns:
        Points at the report's ledger sequence, timed when it speaks of.
    """
    return _points(dict(_reported(record, report, trial)), report.occurred_at, record.sequences[report.id])


def _reported(record: CourseRecord, report: Report, trial: Trial | None) -> Iterator[tuple[str, float]]:
    if report.value is None:
        return
    if report.measure is Measure.SIDE_EFFECT:
        yield f"side_effect/{report.kind}", report.value
        return
    trial = trial or next(each for each in record.history.trials if each.id == report.trial_id)
    outcome = record.problem.outcome.name
    if not rates(trial, report):
        why = "while_off" if not report.stimulation_on else "of_before"
        yield "_".join(filter(None, (f"{outcome}/reported", report.kind, why))), report.value
        return
    rated: float | None = report.value
    if record.problem.objective.site_weights:
        yield f"{outcome}/reported_{report.kind}", report.value
        rated = record.problem.objective.combined(_moment(record, report, trial))
    if rated is None:
        return
    yield f"{outcome}/reported", rated
    step = record.prediction(trial)
    if step is not None:
        yield f"{outcome}/reported_minus_predicted", rated - step.outcome.mean
        yield f"{outcome}/inside_90_interval", float(step.outcome.low <= rated <= step.outcome.high)


def _moment(record: CourseRecord, report: Report, trial: Trial) -> dict[str, float]:
    """Return pain site -> rating at a report's instant and posture, as the ledger knew them when the report came."""
    origin: dict[str, str] = {}
    known: dict[str, Report] = {}
    for other in record.reports():
        if record.sequences[other.id] > record.sequences[report.id]:
            break
        origin[other.id] = other.id if other.amends is None else origin[other.amends]
        if other.measure is Measure.PAIN and other.trial_id == report.trial_id:
            known[origin[other.id]] = other  # an amendment takes the place of what it goes back to
    moment = (report.occurred_at, report.posture)
    return {
        other.kind: other.value
        for other in known.values()
        if other.value is not None and rates(trial, other) and (other.occurred_at, other.posture) == moment
    }


def _settings(values: Mapping[str, Value]) -> dict[str, float]:
    return {f"settings/{name}": value for name, value in values.items() if not isinstance(value, str)}


def _physics(problem: Problem, values: Mapping[str, Value]) -> dict[str, float]:
    """Charge per phase, and every hard limit's quantity that could be computed, with the unit in its name."""
    with np.errstate(over="ignore", invalid="ignore"):  # of an absurd amplitude: no number, left out below
        readings = problem.space.readings(values)
    found: dict[str, float] = {
        f"stimulation/{reading.quantity}": reading.value
        for reading in readings
        if reading.value is not None and math.isfinite(reading.value)
    }
    amplitude, width = values.get("amplitude_ma"), values.get("pulse_width_us")
    if isinstance(amplitude, int | float) and isinstance(width, int | float):
        found["stimulation/charge_per_phase_uc"] = pulse.charge_per_phase_uc(float(amplitude), float(width))
    return found


def _ramp(trial: Trial) -> dict[str, float]:
    """The first perception and the discomfort met on the way up, and the amplitude over perception."""
    found: dict[str, float] = {}
    for outcome in (RungOutcome.PERCEPTION, RungOutcome.DISCOMFORT):
        met = [rung.amplitude_ma for rung in trial.ramp if rung.outcome is outcome]
        if met:
            found[f"stimulation/{outcome}_ma"] = min(met)
    amplitude, perception = trial.applied.values.get("amplitude_ma"), found.get("stimulation/perception_ma")
    if isinstance(amplitude, int | float) and perception:
        found["stimulation/relative_intensity"] = amplitude / perception
    return found


def _prediction(problem: Problem, step: Step) -> dict[str, float]:
    outcome = problem.outcome.name
    found = {
        f"{outcome}/predicted": step.outcome.mean,
        f"{outcome}/predicted_low": step.outcome.low,
        f"{outcome}/predicted_high": step.outcome.high,
        "decision/expected_gain": step.explanation.gain_nrs.mean,
    }
    if step.side_effect_grade is not None:
        found["side_effect/predicted"] = step.side_effect_grade.mean
        found["side_effect/predicted_low"] = step.side_effect_grade.low
        found["side_effect/predicted_high"] = step.side_effect_grade.high
    for posture, probability in step.explanation.p_intolerable.items():
        found[f"decision/p_intolerable_{posture}"] = probability
    return found


def _points(values: Mapping[str, float], at: datetime, step: int) -> tuple[Point, ...]:
    return tuple(
        Point(key=key, value=float(value), at=at, step=step)
        for key, value in sorted(values.items())
        if math.isfinite(value)
    )
