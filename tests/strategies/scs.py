"""A spinal cord course by hand: short words for settings, trials and reports."""

from datetime import UTC, datetime, timedelta

import numpy as np

from optimizer.ask import Ask
from optimizer.history import History, applied
from optimizer.problem import Problem, stimulation_problem
from optimizer.space.device import load_device
from optimizer.space.parameter import Value
from optimizer.trial import (
    Measure,
    Posture,
    Report,
    Review,
    ReviewSubject,
    Rung,
    RungOutcome,
    Trial,
    TrialKind,
)

START = datetime(2025, 3, 1, 9, 0, tzinfo=UTC)
PROBLEM = stimulation_problem(load_device("scs-tonic"), envelope={"amplitude_ma": (0.0, 12.0)})
HERE: dict[str, Value] = {
    "amplitude_ma": 5.0,
    "pulse_width_us": 300.0,
    "frequency_hz": 40.0,
    "configuration": "level-4",
}


def day(number: float) -> datetime:
    """Return the instant a number of days after the start."""
    return START + timedelta(days=number)


def ask(in_clinic: bool = True, patient_range_ma: tuple[float, float] | None = None, **changes: Value) -> Ask:
    """Ask on day 30 from the usual settings with some changed."""
    return Ask(
        at=day(30),
        in_force=applied(PROBLEM, {**HERE, **changes}),
        in_clinic=in_clinic,
        patient_range_ma=patient_range_ma,
    )


def row(problem: Problem = PROBLEM, **changes: Value) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """Return one grid point as ``(1, d)`` indices: the usual settings with some changed."""
    return np.array([problem.space.settings({**HERE, **changes}).indices], dtype=np.int64)


def trial(
    number: int,
    *grades: float,
    kind: str = "discomfort",
    posture: Posture = Posture.UNKNOWN,
    stimulation_on: bool = True,
    trial_kind: TrialKind = TrialKind.NORMAL,
    ramp: tuple[tuple[float, RungOutcome], ...] = (),
    pain: float | None = 5.0,
    **changes: Value,
) -> tuple[Trial | Report, ...]:
    """Return a trial on that day with a rating of pain and side-effect grades, ids ``t1``, ``p1``, ``g1-0`` ..."""
    values = {name: value for name, value in {**HERE, **changes}.items() if value is not None}
    applied_trial = Trial(
        id=f"t{number}",
        applied=applied(PROBLEM, values),
        occurred_at=day(number),
        recorded_at=day(number),
        kind=trial_kind,
        ramp=tuple(Rung(amplitude_ma=amplitude_ma, outcome=outcome) for amplitude_ma, outcome in ramp),
    )
    rated = [] if pain is None else [(f"p{number}", Measure.PAIN, "", pain)]
    rated += [(f"g{number}-{k}", Measure.SIDE_EFFECT, kind, grade) for k, grade in enumerate(grades)]
    return applied_trial, *(
        Report(
            id=name,
            trial_id=f"t{number}",
            measure=measure,
            kind=of_kind,
            value=float(value),
            occurred_at=day(number),
            recorded_at=day(number),
            posture=posture,
            stimulation_on=stimulation_on,
        )
        for name, measure, of_kind, value in rated
    )


def review(subject_id: str, subject: ReviewSubject = ReviewSubject.CLOSURE) -> Review:
    """Return a clinician's review on day 29."""
    return Review(
        id=f"v-{subject_id}",
        subject=subject,
        subject_id=subject_id,
        reason="reviewed",
        occurred_at=day(29),
        recorded_at=day(29),
    )


def history(*facts: Trial | Report | Review | tuple[Trial | Report, ...]) -> History:
    """Return a history of trials (with their reports) and reviews."""
    flat: list[Trial | Report | Review] = []
    for fact in facts:
        flat.extend(fact if isinstance(fact, tuple) else (fact,))
    return History().add(*flat)
