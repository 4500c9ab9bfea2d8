"""Hypothesis strategies for what a record may hold, the absurd included, and for what may be asked of it."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from optimizer.ask import Ask
from optimizer.history import History, applied
from optimizer.problem import Problem
from optimizer.space.parameter import Value
from optimizer.trial import (
    Applied,
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
KINDS = ("discomfort",) * 5 + ("hoarseness", "weakness")


@st.composite
def grid_values(draw: DrawFn, problem: Problem) -> dict[str, Value]:
    """Raw values of a grid point, at moderate currents more often than not."""
    values: dict[str, Value] = {}
    for parameter in problem.space.parameters:
        top = parameter.size - 1
        if parameter.name == "amplitude_ma" and draw(st.integers(0, 3)) > 0:
            top = min(top, max(1, parameter.size // 2))
        values[parameter.name] = parameter.levels[draw(st.integers(0, top))]
    return values


@st.composite
def applied_settings(draw: DrawFn, problem: Problem) -> Applied:
    """Settings as a record may hold them: mostly on the grid, some off it, some that cannot be."""
    values = draw(grid_values(problem))
    oddity = draw(st.sampled_from(("none",) * 6 + ("off_grid", "missing", "negative", "huge", "unknown")))
    name = draw(st.sampled_from(problem.space.names))
    if oddity == "off_grid" and isinstance(values[name], float):
        values[name] = float(values[name]) + 0.013
    elif oddity == "missing":
        del values[name]
    elif oddity == "negative" and isinstance(values[name], float):
        values[name] = -1.5
    elif oddity == "huge" and isinstance(values[name], float):
        values[name] = 1e9
    elif oddity == "unknown" and isinstance(values[name], str):
        values[name] = draw(st.sampled_from(("somewhere", "elsewhere")))
    return applied(problem, values)


@st.composite
def ramps(draw: DrawFn) -> tuple[Rung, ...]:
    """A few rungs; not always in order."""
    return tuple(
        Rung(amplitude_ma=draw(st.integers(0, 60)) / 10, outcome=draw(st.sampled_from(RungOutcome)))
        for _ in range(draw(st.sampled_from((0, 0, 0, 0, 1, 3))))
    )


@st.composite
def reports_of(draw: DrawFn, trial: Trial, prefix: str) -> list[Report]:
    """Ratings of one trial: none, some, severe ones, back-dated ones, with amendments and retractions."""
    found: list[Report] = []
    for number in range(draw(st.sampled_from((0, 1, 2, 2, 3)))):
        measure = draw(st.sampled_from((Measure.PAIN, Measure.SIDE_EFFECT)))
        occurred_at = trial.occurred_at + timedelta(minutes=draw(st.sampled_from((0, 5, 300))))
        kind = draw(st.sampled_from(KINDS)) if measure is Measure.SIDE_EFFECT else ""
        report = Report(
            id=f"{prefix}-{number}",
            trial_id=trial.id,
            measure=measure,
            kind=kind,
            value=float(draw(st.sampled_from((0, 0, 0, 1, 1, 1, 2, 2, 3, 4, 5, 6, 9)))),
            occurred_at=occurred_at,
            recorded_at=occurred_at + timedelta(hours=draw(st.sampled_from((0, 0, 1, 200)))),
            posture=draw(
                st.sampled_from((Posture.UNKNOWN, Posture.UNKNOWN, Posture.STANDING, Posture.LYING))
            ),
            stimulation_on=draw(st.integers(0, 5)) > 0,
        )
        found.append(report)
        if draw(st.integers(0, 5)) == 0:
            found.append(
                Report(
                    id=f"{report.id}-a",
                    trial_id=trial.id,
                    measure=measure,
                    kind=kind,
                    value=draw(st.sampled_from((None, 0.0, 3.0, 9.0))),
                    occurred_at=occurred_at,
                    recorded_at=report.recorded_at + timedelta(hours=draw(st.sampled_from((1, 100)))),
                    amends=report.id,
                )
            )
    return found


@st.composite
def histories(draw: DrawFn, problem: Problem, max_trials: int = 6) -> History:
    """Everything a course may come to."""
    facts: list[Trial | Report | Review] = []
    for number in range(draw(st.integers(0, max_trials))):
        occurred_at = START + timedelta(days=number)
        trial = Trial(
            id=f"t{number}",
            applied=draw(applied_settings(problem)),
            occurred_at=occurred_at,
            recorded_at=occurred_at + timedelta(hours=draw(st.sampled_from((0, 0, 30)))),
            kind=draw(st.sampled_from((TrialKind.NORMAL,) * 5 + tuple(TrialKind))),
            ramp=draw(ramps()),
        )
        facts.append(trial)
        facts += draw(reports_of(trial, f"r{number}"))
    subjects = [fact.id for fact in facts]
    for number in range(draw(st.sampled_from((0, 0, 1, 2))) if subjects else 0):
        at = START + timedelta(days=draw(st.integers(0, 8)))
        facts.append(
            Review(
                id=f"v{number}",
                subject=draw(st.sampled_from(ReviewSubject)),
                subject_id=draw(st.sampled_from(subjects)),
                reason="reviewed",
                occurred_at=at,
                recorded_at=at,
            )
        )
    return History().add(*facts)


@st.composite
def asks(draw: DrawFn, problem: Problem, history: History) -> Ask:
    """A question after the last trial, from settings that were applied or from others."""
    known = [trial.applied for trial in history.trials]
    in_force = (
        draw(st.sampled_from(known)) if known and draw(st.booleans()) else draw(applied_settings(problem))
    )
    in_clinic = draw(st.integers(0, 3)) > 0
    low_ma, high_ma = sorted(draw(st.tuples(*[st.integers(0, 100)] * 2)))
    return Ask(
        at=START + timedelta(days=40),
        in_force=in_force,
        in_clinic=in_clinic,
        patient_range_ma=None if draw(st.integers(0, 3)) == 0 else (low_ma / 10, high_ma / 10),
        locked=tuple(draw(st.sets(st.sampled_from(problem.space.names), max_size=1))),
        exclude=tuple(
            tuple(draw(st.integers(0, size - 1)) for size in problem.space.sizes)
            for _ in range(draw(st.sampled_from((0, 0, 1))))
        ),
    )
