from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from types import ModuleType

import numpy as np
import pytest

from optimizer.ask import Ask
from optimizer.history import History, applied
from optimizer.simulate.encounter import Context, SyntheticPatient
from optimizer.simulate.patient import SomaticPatient
from optimizer.simulate.ramp import rungs_ma
from optimizer.simulate.ratings import Completeness
from optimizer.simulate.scenarios import load_scenario
from optimizer.space.search_space import SearchSpace
from optimizer.space.settings import Settings
from optimizer.trial import Measure, Posture, Report, Rung, RungOutcome, Trial

SCENARIO = load_scenario("scs-tonic")
STANDING = Context(posture=Posture.STANDING)


def at_day(day: float) -> object:
    return SCENARIO.started_at + timedelta(days=day)


def settings(amplitude_ma: float = 5.0, level: int = 4) -> Settings:
    return SCENARIO.problem.space.settings(
        {
            "amplitude_ma": amplitude_ma,
            "pulse_width_us": 300,
            "frequency_hz": 40,
            "configuration": f"level-{level}",
        }
    )


@pytest.fixture
def patient() -> SyntheticPatient:
    return SCENARIO.patient(2)


def test_a_day_is_lived_once_whatever_was_asked_before_and_however_often() -> None:
    days = [0, 1, 2, 3.25, 7, -3]
    forward, backward = SCENARIO.patient(9), SCENARIO.patient(9)
    told = {day: forward.respond(settings(), STANDING, at_day(day)) for day in days}
    for day in reversed(days):
        for _ in range(3):
            backward.respond(settings(6.0, 2), STANDING, at_day(day + 0.1))
            assert backward.respond(settings(), STANDING, at_day(day)) == told[day]


def test_two_policies_meet_the_same_luck() -> None:
    differences = []
    for seed in range(40):
        one = SCENARIO.patient(seed)
        off = [one.respond(settings(0.0), STANDING, at_day(d))[0].value for d in (4, 4.0001)]
        other = [one.respond(settings(0.0, 2), STANDING, at_day(d))[0].value for d in (4, 4.0001)]
        assert off == other  # no current at either place: only luck is left, and it is the same
        differences.append(off[0] != off[1])
    assert any(differences)  # another moment of the same day brings other luck


def test_every_answer_is_on_its_declared_scale() -> None:
    problem = SCENARIO.problem
    for seed in range(12):
        for amplitude_ma in (0.0, 4.0, 12.0):
            for answer in SCENARIO.patient(seed).respond(settings(amplitude_ma), STANDING, at_day(seed)):
                scale = (
                    problem.outcome
                    if answer.measure is Measure.PAIN
                    else problem.side_effect(answer.kind).scale
                )
                assert scale.check(answer.value, "value") == answer.value


def test_a_question_left_unanswered_is_absent_and_never_zero() -> None:
    silent = answered = 0
    for seed in range(30):
        complete = SCENARIO.patient(seed)
        partial = replace(complete, completeness=Completeness.REAL_WORLD)
        for day in range(10):
            told = partial.respond(settings(), STANDING, at_day(day))
            silent += not told
            answered += bool(told)
            if told:
                whole = complete.respond(settings(), STANDING, at_day(day))
                assert [answer.value for answer in told] == [answer.value for answer in whole]
                assert all(answer.recorded_at >= answer.occurred_at for answer in told)
    assert 0.25 < silent / (silent + answered) < 0.6


def test_without_stimulation_there_is_no_side_effect_and_settings_do_not_matter(
    patient: SyntheticPatient,
) -> None:
    off = replace(STANDING, stimulation_on=False)
    strong, weak = (patient.respond(settings(a), off, at_day(1)) for a in (12.0, 1.0))
    assert strong == weak
    assert strong[1].value == 0


def test_an_effect_needs_its_minutes_and_the_one_before_lingers(patient: SyntheticPatient) -> None:
    best, nothing = SCENARIO.best(2), settings(0.0)
    told = {
        name: np.mean([patient.respond(s, context, at_day(d))[0].value for d in np.arange(0, 8, 0.3)])
        for name, s, context in (
            ("settled", best, STANDING),
            ("just on", best, replace(STANDING, on_for_s=10.0)),
            ("off", nothing, STANDING),
            ("just off", nothing, replace(STANDING, on_for_s=10.0, before=best)),
        )
    }
    assert told["settled"] + 1.5 < told["just on"]
    assert told["just off"] + 1.5 < told["off"]


def test_a_ramp_meets_perception_then_discomfort_and_stops_there() -> None:
    levels = SCENARIO.problem.space.parameter("amplitude_ma").numbers
    for seed in range(20):
        start = SCENARIO.start(seed) if seed < 2 else settings()
        rungs = SCENARIO.patient(seed).ramp_to(start, rungs_ma(levels, 25.0), STANDING, at_day(0))
        outcomes = [rung.outcome for rung in rungs]
        assert outcomes.count(RungOutcome.DISCOMFORT) == 1
        assert outcomes[-1] is RungOutcome.DISCOMFORT
        assert outcomes.count(RungOutcome.PERCEPTION) <= 1  # a rung may step over a narrow window
        truth = SCENARIO.truth(seed).perception_of(start)
        first_felt = next(r.amplitude_ma for r in rungs if r.outcome is not RungOutcome.TOLERATED)
        assert first_felt == pytest.approx(truth, rel=0.25)


def test_a_remote_may_leave_the_grid(patient: SyntheticPatient) -> None:
    values = settings().as_dict() | {"amplitude_ma": 5.03}
    assert len(patient.respond(values, STANDING, at_day(0))) == 2


def course(patient: SomaticPatient) -> tuple[object, ...]:
    trial = Trial(
        id="t",
        applied=applied(SCENARIO.problem, settings().as_dict()),
        occurred_at=SCENARIO.started_at,
        recorded_at=SCENARIO.started_at,
        ramp=patient.ramp_to(settings(), (1.0, 5.0), STANDING, SCENARIO.started_at),
    )
    reports = [a.report("t") for a in patient.respond(settings(), STANDING, SCENARIO.started_at)]
    ask = Ask(at=SCENARIO.started_at, in_force=trial.applied)
    return SCENARIO.problem, History().add(trial, *reports), ask, SCENARIO.start(2)


def test_nothing_a_policy_is_given_leads_to_the_truth() -> None:
    given = course(SCENARIO.patient(2))
    found = {type(thing) for thing in reachable(given)}
    assert {Trial, Report, Rung, Settings, Ask, SearchSpace} <= found  # the walk really walked
    leaks = {kind.__qualname__ for kind in found if kind.__module__.startswith("optimizer.simulate")}
    assert leaks == set()


def test_the_walk_finds_the_truth_where_it_is() -> None:
    kinds = {type(thing).__name__ for thing in reachable((SCENARIO.patient(2),))}
    assert {"SomaticPatient", "Body", "Cohort"} <= kinds


def reachable(root: object) -> Iterator[object]:
    """Walk everything an object's attributes and items lead to, classes and modules left aside."""
    seen: set[int] = set()
    stack = [root]
    while stack:
        thing = stack.pop()
        if id(thing) in seen or isinstance(thing, type | ModuleType | str | bytes | int | float | np.ndarray):
            continue
        seen.add(id(thing))
        yield thing
        if isinstance(thing, dict):
            stack += [*thing.keys(), *thing.values()]
        elif isinstance(thing, list | tuple | set | frozenset):
            stack += thing
        slots = [name for kind in type(thing).__mro__ for name in getattr(kind, "__slots__", ())]
        stack += [getattr(thing, name) for name in slots if hasattr(thing, name)]
        stack += getattr(thing, "__dict__", {}).values()
