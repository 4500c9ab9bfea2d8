"""The last gate, held against the rules of the design read a second time."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.ask import Ask
from optimizer.errors import UnknownParameterError
from optimizer.history import History, applied
from optimizer.problem import Problem, stimulation_problem
from optimizer.safety import closure, limits, strength, titration, tolerance
from optimizer.space.device import load_device
from optimizer.space.search_space import Indices
from optimizer.trial import Trial
from tests.optimizer.safety.design_rules import breaches, is_barred, is_closed
from tests.strategies.histories import START, applied_settings, asks, histories, reports_of
from tests.strategies.problems import problems

CHECKED = 60


@st.composite
def situations(draw: st.DrawFn) -> tuple[Problem, History, Ask]:
    problem = draw(problems())
    history = draw(histories(problem))
    return problem, history, draw(asks(problem, history))


def candidates(problem: Problem, history: History, ask: Ask) -> Indices:
    """Grid points everywhere, and around everything that was applied."""
    rng = np.random.default_rng(7)
    known = [trial.applied.settings for trial in history.trials] + [ask.in_force.settings]
    near = [np.array([point.indices]) for point in known if point is not None]
    moved = [
        np.clip(point + rng.integers(-3, 4, size=(60, point.shape[1])), 0, np.array(problem.space.sizes) - 1)
        for point in near
    ]
    return np.unique(np.concatenate([problem.space.draw(rng, 300), *near, *moved]), axis=0)


@pytest.mark.sampled
@settings(max_examples=max(200, settings.default.max_examples))
@given(situation=situations())
def test_admits_nothing_that_the_design_forbids(situation: tuple[Problem, History, Ask]) -> None:
    problem, history, ask = situation
    points = candidates(problem, history, ask)
    mask = limits.admissible(problem, history, ask, points)
    admitted = points[mask]
    step = max(1, len(admitted) // CHECKED)
    for row in admitted[::step]:
        found = breaches(problem, history, ask, problem.space.at(row).as_dict())
        assert found == []
    for excluded in ask.exclude:
        assert not (admitted == np.array(excluded)).all(axis=1).any()
    again = limits.admissible(problem, history, ask, points)
    assert np.array_equal(mask, again)


@pytest.mark.sampled
@given(situation=situations())
def test_keeps_nothing_that_was_not_tolerated_and_whatever_it_admits(
    situation: tuple[Problem, History, Ask],
) -> None:
    problem, history, ask = situation
    points, gate = candidates(problem, history, ask), limits.gate_of(problem, history, ask)
    kept = gate.keeps(points)
    assert kept[gate.admits(points)].all()
    some = points[kept]
    for row in some[:: max(1, len(some) // CHECKED)]:
        values = problem.space.at(row).as_dict()
        assert not is_barred(problem, history, values)
        assert not is_closed(problem, history, values)


@pytest.mark.sampled
@given(situation=situations())
def test_staying_is_admitted_where_nothing_speaks_against_it(
    situation: tuple[Problem, History, Ask],
) -> None:
    problem, history, ask = situation
    here = ask.in_force.settings
    if here is None or (not ask.in_clinic):
        return
    row = np.array([here.indices])
    anchors = titration.anchors(problem, history, ask)
    legal = problem.allowed(row)[0] and here.indices not in ask.exclude
    point = strength.of_point(problem, here.as_dict())
    tolerated = not any(tolerance.blocks(bar, point) for bar in anchors.bars)
    opened = closure.open_to(problem, closure.closures(problem, history), row)[0]
    assert limits.admissible(problem, history, ask, row)[0] == (legal and tolerated and opened)


@st.composite
def later_facts(draw: st.DrawFn, problem: Problem) -> list[object]:
    """A trial recorded after an ask, back-dated to before it, with its reports."""
    occurred_at = START + timedelta(hours=draw(st.integers(0, 200)))
    late = START + timedelta(days=60)
    trial = Trial(
        id="late", applied=draw(applied_settings(problem)), occurred_at=occurred_at, recorded_at=late
    )
    return [trial, *(replace(report, recorded_at=late) for report in draw(reports_of(trial, "late")))]


@pytest.mark.sampled
@given(data=st.data())
def test_what_is_recorded_later_changes_no_earlier_answer(data: st.DataObject) -> None:
    problem = data.draw(problems())
    history = data.draw(histories(problem))
    ask = data.draw(asks(problem, history))
    longer = history.add(*data.draw(later_facts(problem)))
    assert longer.as_of(ask.at) == history.as_of(ask.at)
    assert longer.as_of(ask.at).digest == history.as_of(ask.at).digest
    points = candidates(problem, history, ask)
    before = limits.admissible(problem, history.as_of(ask.at), ask, points)
    assert np.array_equal(limits.admissible(problem, longer.as_of(ask.at), ask, points), before)


# --- by hand --------------------------------------------------------------------------------------

SCS = stimulation_problem(load_device("scs-tonic"), envelope={"amplitude_ma": (0.0, 12.0)})
HERE = {"amplitude_ma": 5.0, "pulse_width_us": 300.0, "frequency_hz": 40.0, "configuration": "level-4"}
ASK = Ask(at=START + timedelta(days=9), in_force=applied(SCS, HERE))


def is_admitted(ask: Ask, history: History | None = None, **changes: float | str) -> bool:
    row = np.array([SCS.space.settings({**HERE, **changes}).indices])
    return bool(limits.admissible(SCS, history or History(), ask, row)[0])


def test_a_locked_parameter_stays_as_in_force() -> None:
    assert is_admitted(ASK, pulse_width_us=290.0)
    assert not is_admitted(replace(ASK, locked=("pulse_width_us",)), pulse_width_us=290.0)
    assert is_admitted(replace(ASK, locked=("pulse_width_us",)), amplitude_ma=4.9)


def test_a_locked_parameter_off_the_grid_admits_nothing_rather_than_something_near() -> None:
    off = replace(ASK, in_force=applied(SCS, {**HERE, "pulse_width_us": 303.0}), locked=("pulse_width_us",))
    points = SCS.space.draw(np.random.default_rng(0), 2000)
    assert not limits.admissible(SCS, History(), off, points).any()
    ends = [SCS.space.settings({**HERE, "pulse_width_us": width_us}).indices for width_us in (20.0, 30.0)]
    assert not limits.unlocked(SCS, off, np.array(ends)).any()


def test_locking_what_the_device_has_not_is_refused() -> None:
    with pytest.raises(UnknownParameterError):
        is_admitted(replace(ASK, locked=("waveform",)))


def test_a_setting_rejected_in_this_session_is_not_admitted_again() -> None:
    rejected = SCS.space.settings({**HERE, "amplitude_ma": 4.5}).indices
    assert is_admitted(ASK, amplitude_ma=4.5)
    assert not is_admitted(replace(ASK, exclude=(rejected,)), amplitude_ma=4.5)
