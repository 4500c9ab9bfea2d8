"""The picture on a patient's MLflow page, from the record to plain values."""

import io

from optimizer.figures.course import TrialPoint, course_figure
from optimizer.problem import Problem
from optimizer.rating import ratings
from optimizer.trial import Facts
from service.tracking.record import CourseRecord

AMPLITUDE = "amplitude_ma"


def course_png(record: CourseRecord) -> bytes:
    """Draw a course so far: reports with predictions, side effects with their limit, amplitude.

    Args:
        record: A course with at least one trial.

    Returns:
        A PNG; equal bytes for equal records under one version of matplotlib.
    """
    limit = record.problem.tolerability.limit_grade if record.problem.tolerability is not None else None
    figure = course_figure(
        [_point(record, facts) for facts in record.facts()],
        outcome=record.problem.outcome.name,
        bounds=(record.problem.outcome.low, record.problem.outcome.high),
        side_effect_limit=limit,
        amplitude_range_ma=_amplitude_range_ma(record.problem),
    )
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=110, metadata={"Software": None})
    return stream.getvalue()


def _amplitude_range_ma(problem: Problem) -> tuple[float, float] | None:
    """What the device can give: anything may be recorded, however absurd, and the picture must still be drawn."""
    if AMPLITUDE not in problem.space.names:
        return None
    numbers = problem.space.parameter(AMPLITUDE).numbers
    return numbers[0], numbers[-1]


def _point(record: CourseRecord, facts: Facts) -> TrialPoint:
    step = record.prediction(facts.trial)
    amplitude = facts.trial.applied.values.get(AMPLITUDE)
    grades = [report.value for report in facts.side_effects if report.value is not None]
    grade = step.side_effect_grade if step is not None else None
    return TrialPoint(
        label=str(facts.trial.applied.values.get("configuration", "")),
        reported=tuple(rating.value for rating in ratings(record.problem, facts)),
        predicted=None if step is None else (step.outcome.mean, step.outcome.low, step.outcome.high),
        worst_side_effect=max(grades, default=None),
        predicted_side_effect=None if grade is None else (grade.mean, grade.low, grade.high),
        amplitude_ma=float(amplitude) if isinstance(amplitude, int | float) else None,
    )
