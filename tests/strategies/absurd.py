"""Courses that a hostile but honest caller might hand over, by number: every device, every oddity, some of it malformed."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from optimizer.ask import Ask
from optimizer.history import History, applied
from optimizer.outcomes.objective import Objective
from optimizer.problem import PostureUse, Problem, stimulation_problem
from optimizer.space.device import load_device
from optimizer.space.parameter import Value, categorical, listed, uniform
from optimizer.space.search_space import SearchSpace
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

DEVICES = ("scs-tonic", "scs-ten-khz", "drg", "pns", "tens", "tavns", "vns-implanted")
AT = datetime(2025, 3, 1, 9, 0, tzinfo=UTC)
GAPS = (
    timedelta(),
    timedelta(minutes=7),
    timedelta(days=1),
    timedelta(days=1),
    timedelta(days=7),
    timedelta(days=4000),
)
PAINS: dict[str, Callable[[np.random.Generator], float]] = {
    "zeros": lambda _: 0.0,
    "tens": lambda _: 10.0,
    "ends": lambda rng: float(rng.choice([0, 10])),
    "any": lambda rng: float(rng.integers(0, 11)),
    "near five": lambda rng: float(rng.integers(4, 7)),
}
GRADES = {
    "none": (0,),
    "mild": (0, 1, 2, 3),
    "strong": (0, 2, 4, 5, 6),
    "all": tuple(range(11)),
    "tens": (10,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """One question, and the field that is malformed in it, if any is."""

    problem: Problem
    history: History
    ask: Ask
    seed: int
    malformed: str = ""


def course(number: int, *, n_trials: int | None = None) -> Course:
    """Return the course of a number: the same one every time.

    Args:
        number: Any whole number.
        n_trials: How many trials; None: few, as it comes.
    """
    rng = np.random.default_rng([2025, number])
    problem = replace(_problem(rng), **_stated(number))
    count = int(rng.choice([0, 1, 2, 3, 5, 8, 12])) if n_trials is None else n_trials
    history = _history(rng, problem, count)
    asked = _ask(rng, problem, history)
    whole = Course(problem=problem, history=history, ask=asked, seed=int(rng.integers(0, 2**53)))
    return _malformed(rng, whole) if rng.random() < 0.04 else whole


def _stated(number: int) -> dict[str, Any]:
    """What whoever opens a course may say; with luck of its own, so that the rest of a course stays as it was."""
    rng = np.random.default_rng([2026, number])
    return {name: True for name in ("start_borne_in_use", "drift_expected") if rng.random() < 0.3}


def _problem(rng: np.random.Generator) -> Problem:
    if rng.random() < 0.08:
        axes = (
            uniform("x", "1", 0.0, 9.0, 1.0),
            listed("y", "1", [1.0, 3.0]),
            categorical("site", ["a", "b", "c"]),
        )
        return Problem(space=SearchSpace(parameters=axes), tolerability=None, titration=None)
    uses = rng.permutation(list(PostureUse))[: rng.integers(1, 4)]
    fields: dict[str, Any] = {
        "postures": tuple(PostureUse(use) for use in uses),
        "min_gain_nrs": float(rng.choice([0.0, 0.5, 3.0])),
    }
    if rng.random() < 0.15:
        fields["objective"] = Objective(sites={"back": 2.0, "leg": float(rng.choice([0.0, 1.0]))})
    device = load_device(DEVICES[rng.integers(len(DEVICES))])
    top = float(rng.choice(device.space.parameter("amplitude_ma").numbers[1:]))
    envelope = {"amplitude_ma": (0.0, top)} if rng.random() < 0.7 else None
    return stimulation_problem(device, envelope=envelope, **fields)


def _values(rng: np.random.Generator, problem: Problem, share: float) -> dict[str, Value]:
    """Grid values, the current at most a share of the way up."""
    values: dict[str, Value] = {}
    for parameter, mask in zip(problem.space.parameters, problem.index_masks, strict=True):
        legal = np.flatnonzero(mask)
        if parameter.name == "amplitude_ma":
            legal = legal[: max(2, round(share * len(legal)))]
        values[parameter.name] = parameter.levels[int(rng.choice(legal))]
    return values


def _odd(rng: np.random.Generator, values: dict[str, Value]) -> dict[str, Value]:
    """Off the grid, out of range, absurd, unknown or missing."""
    name = str(rng.choice(list(values)))
    value = values[name]
    match rng.integers(5):
        case 0 if not isinstance(value, str):
            return {**values, name: value + 0.0137}
        case 1 if not isinstance(value, str):
            return {**values, name: float(rng.choice([-3.0, 1e9, 1e300, 1e-300]))}
        case 2:
            return {key: entry for key, entry in values.items() if key != name}
        case 3:
            return {**values, "unheard_of": 1.0}
        case _:
            return {**values, name: "elsewhere"}


def _history(rng: np.random.Generator, problem: Problem, count: int) -> History:
    pain = PAINS[str(rng.choice(list(PAINS)))]
    grades = GRADES[str(rng.choice(list(GRADES), p=[0.35, 0.35, 0.15, 0.1, 0.05]))]
    off_grid = float(rng.choice([0.0, 0.2, 1.0], p=[0.8, 0.15, 0.05]))
    gap = GAPS[rng.integers(len(GAPS))]
    start = AT
    if rng.random() < 0.04:
        start = datetime(1, 1, 1, tzinfo=UTC)
    share = float(rng.choice([0.1, 0.3, 1.0]))
    values = _values(rng, problem, share)
    facts: list[Trial | Report | Review] = []
    for number in range(count):
        if rng.random() < 0.7:  # else the same settings again
            fresh = _values(rng, problem, share)
            moved = rng.choice(list(values), size=1 + rng.integers(2))
            values = {**values, **{str(name): fresh[str(name)] for name in moved}}
        now = _odd(rng, values) if rng.random() < off_grid else values
        facts += _lived(rng, problem, number, now, start + min(number, 300) * gap, pain, grades)
    if rng.random() < (0.3 if count < 30 else 0.8):
        facts += _diligence(facts)
    return History().add(*facts)


def _diligence(facts: list[Trial | Report | Review]) -> list[Review]:
    """A clinician who has seen everything and keeps every closure; else a long course would never get past its holds."""
    at = _after(trial.recorded_at for trial in facts if isinstance(trial, Trial)) + timedelta(hours=47)
    return [
        Review(
            id=f"d-{fact.id}-{subject}",
            subject=subject,
            subject_id=fact.id,
            reason="seen",
            occurred_at=at,
            recorded_at=at,
        )
        for fact in facts
        for subject in (ReviewSubject.ADVERSE_EVENT, ReviewSubject.HOLD)
        if not isinstance(fact, Review)
    ]


def _lived(
    rng: np.random.Generator,
    problem: Problem,
    number: int,
    values: dict[str, Value],
    at: datetime,
    pain: Callable[[np.random.Generator], float],
    grades: tuple[int, ...],
) -> list[Trial | Report | Review]:
    """A trial with its ramp, ratings, grades, amendments and reviews; some of it back-dated or from the future."""
    if rng.random() < 0.01:
        at = datetime(9999, 12, 30, tzinfo=UTC)
    kind = TrialKind.NORMAL if rng.random() < 0.8 else TrialKind(rng.choice(list(TrialKind)))
    amplitudes = rng.integers(0, 60, size=rng.choice([0, 0, 0, 1, 4])) / 10
    outcomes = rng.choice(list(RungOutcome), size=len(amplitudes), p=[0.7, 0.15, 0.15])
    if rng.random() < 0.9:
        amplitudes, outcomes = (
            np.sort(amplitudes),
            outcomes[np.argsort(outcomes == RungOutcome.DISCOMFORT, kind="stable")],
        )
    ramp = tuple(
        Rung(amplitude_ma=float(amplitude_ma), outcome=RungOutcome(outcome))
        for amplitude_ma, outcome in zip(amplitudes, outcomes, strict=True)
    )
    trial = Trial(
        id=f"t{number}",
        applied=applied(problem, values),
        occurred_at=at,
        recorded_at=at,
        kind=kind,
        ramp=ramp,
        in_clinic=bool(rng.random() < 0.5),
    )
    said: list[Report] = []

    def say(measure: Measure, kind: str, value: float, when: datetime) -> None:
        late = timedelta(hours=int(rng.choice([0, 0, 0, 30])))
        report = Report(
            id=f"r{number}-{len(said)}",
            trial_id=trial.id,
            measure=measure,
            kind=kind,
            value=value,
            occurred_at=when,
            recorded_at=min(when, datetime(9999, 12, 30, tzinfo=UTC)) + late,
            posture=Posture(rng.choice(list(Posture))),
            stimulation_on=bool(rng.random() < 0.9),
        )
        said.append(report)
        for turn in range(int(rng.choice([0, 0, 0, 0, 0, 1, 3]))):
            amended = float(rng.choice([value, 0.0, 10.0])) if rng.random() < 0.8 else None
            said.append(replace(report, id=f"{report.id}-a{turn}", value=amended, amends=said[-1].id))

    for _ in range(int(rng.choice([0, 1, 1, 1, 3]))):
        when = at + timedelta(minutes=int(rng.choice([0, *range(1, 1200)], p=[0.1, *[0.9 / 1199] * 1199])))
        for site in problem.objective.site_weights or ("",):
            say(Measure.PAIN, site, pain(rng), when)
    kinds = [effect.name for effect in problem.side_effects]
    if problem.tolerability is not None:
        for _ in range(int(rng.choice([0, 1, 1, 2]))):
            kind_of = kinds[0] if rng.random() < 0.9 else str(rng.choice(kinds))
            say(Measure.SIDE_EFFECT, kind_of, float(rng.choice(grades)), at)
    seen = [
        Review(
            id=f"v-{report.id}-{subject}",
            subject=subject,
            subject_id=report.id if rng.random() < 0.9 else trial.id,
            reason="seen",
            occurred_at=at,
            recorded_at=at,
        )
        for report in said
        for subject in (ReviewSubject.ADVERSE_EVENT, ReviewSubject.HOLD, ReviewSubject.CLOSURE)
        if rng.random() < (0.15 if subject is ReviewSubject.CLOSURE else 0.85)
    ]
    return [trial, *said, *seen]


def _ask(rng: np.random.Generator, problem: Problem, history: History) -> Ask:
    known = [trial.applied for trial in history.trials]
    in_force = known[-1] if known and rng.random() < 0.8 else applied(problem, _values(rng, problem, 0.2))
    if rng.random() < 0.05:
        in_force = applied(problem, _odd(rng, dict(in_force.values)))
    at_home = rng.random() < 0.25
    low_ma, high_ma = sorted(rng.integers(0, 200, size=2) / 10)
    at = _after(trial.recorded_at for trial in history.trials) + timedelta(days=2)
    if rng.random() < 0.1:
        at = AT + timedelta(days=int(rng.integers(0, 5)))  # much of the record lies ahead
    return Ask(
        at=at,
        in_force=in_force,
        in_clinic=not at_home,
        patient_range_ma=(float(low_ma), float(high_ma)) if at_home and rng.random() < 0.9 else None,
        posture=Posture(rng.choice(list(Posture))),
        locked=tuple(
            str(name) for name in rng.permutation(problem.space.names)[: rng.choice([0, 0, 0, 1, 2, 9])]
        ),
        q=int(rng.choice([1, 1, 1, 1, 1, 1, 2, 3])),
        exclude=tuple(tuple(row) for row in problem.space.draw(rng, int(rng.choice([0, 0, 1, 5]))).tolist()),
    )


def _after(recorded_at: Iterable[datetime]) -> datetime:
    """The last of some instants, inside the calendar; a review answers for nothing that was told after it."""
    return max(AT, min(max(recorded_at, default=AT), datetime(9998, 12, 1, tzinfo=UTC)))


def _malformed(rng: np.random.Generator, whole: Course) -> Course:
    asked, dims = whole.ask, len(whole.problem.space.names)
    match rng.integers(5):
        case 0:
            return replace(whole, seed=int(rng.choice([-1, 2**53, 2**62])), malformed="seed")
        case 1:
            return replace(whole, ask=replace(asked, exclude=((0,) * (dims + 1),)), malformed="ask.exclude")
        case 2:
            return replace(whole, ask=replace(asked, locked=("volume",)), malformed="ask.locked")
        case 3:
            legal = whole.problem.space.at(whole.problem.space.draw(rng, 1)[0])
            lie = Applied(values={}, settings=legal)
            return replace(whole, ask=replace(asked, in_force=lie), malformed="ask.in_force.settings")
        case _:
            trial = Trial(id="off", applied=asked.in_force, occurred_at=AT, recorded_at=AT)
            wild = Report(
                id="off", trial_id="off", measure=Measure.PAIN, value=57.0, occurred_at=AT, recorded_at=AT
            )
            return replace(whole, history=whole.history.add(trial, wild), malformed="report.value")
