"""A policy gets problem, history and ask. Nothing of the patient's truth can be walked to from them.

Walked: attributes, slots, ``__dict__``, items and keys, arrays of objects, closures, defaults, partials, bound methods, and
whatever else the garbage collector says an object refers to. Not walked: modules, classes and the globals of functions,
through which any Python program reaches any other; what is asked is whether the arena *hands over* the truth.
"""

import functools
import gc
import types
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from optimizer.ask import Ask
from optimizer.decision import Decision
from optimizer.evaluate.run import run_policy
from optimizer.history import History
from optimizer.policies.stay import STAY
from optimizer.prior import NO_PRIOR, Prior
from optimizer.problem import Problem
from optimizer.simulate.scenarios import load_scenario
from optimizer.space.settings import Settings

SCENARIOS = ("effect-0.3", "vns", "drg")
LEAVES = (str, bytes, int, float, bool, type(None), type, types.ModuleType, types.CodeType)


@dataclass(frozen=True, kw_only=True)
class Curious:
    """Stays, and keeps everything it is handed."""

    handed: list[object] = field(default_factory=list)
    problem: Problem | None = None
    name: str = "curious/1"

    def start(self, problem: Problem, *, prior: Prior = NO_PRIOR, seed: int = 0) -> "Curious":
        self.handed.extend((problem, prior))
        return replace(self, problem=problem)

    def decide(self, history: History, ask: Ask) -> Decision:
        self.handed.extend((history, ask))
        assert self.problem is not None
        return STAY.start(self.problem).decide(history, ask)


def reachable(roots: list[object]) -> list[object]:
    """Return everything that can be walked to."""
    found: dict[int, object] = {}
    waiting = list(roots)
    while waiting:
        entry = waiting.pop()
        if id(entry) not in found:
            found[id(entry)] = entry
            waiting += inside(entry)
    return list(found.values())


def inside(entry: object) -> list[object]:
    """Return what one object leads to."""
    if isinstance(entry, LEAVES):
        return []
    if isinstance(entry, types.FunctionType):
        cells = [cell.cell_contents for cell in entry.__closure__ or ()]
        return [*cells, *(entry.__defaults__ or ()), *(entry.__kwdefaults__ or {}).values(), entry.__dict__]
    slots = [name for kind in type(entry).__mro__ for name in getattr(kind, "__slots__", ())]
    held = [getattr(entry, name) for name in slots if hasattr(entry, name)]
    held += [vars(entry)] if hasattr(entry, "__dict__") else []
    if isinstance(entry, np.ndarray) and entry.dtype == object:
        held += entry.ravel().tolist()
    return held + gc.get_referents(entry)


def of_the_simulator(entries: list[object]) -> list[object]:
    """Return what is made of the simulator's classes."""
    return [entry for entry in entries if type(entry).__module__.startswith("optimizer.simulate")]


@pytest.mark.parametrize("name", SCENARIOS)
def test_nothing_of_the_simulator_is_handed_to_a_policy(name: str) -> None:
    policy = Curious()
    trace = run_policy(name, policy, 3, n_trials=4)
    assert trace.failure == ""
    entries = reachable(policy.handed)
    assert len(entries) > 200
    assert {type(entry) for entry in entries} >= {Problem, History, Ask, Settings}
    assert of_the_simulator(entries) == []


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_only_settings_handed_over_are_those_that_were_applied(name: str) -> None:
    policy, scenario = Curious(), load_scenario(name)
    run_policy(name, policy, 3, n_trials=4)
    settings = {entry for entry in reachable(policy.handed) if isinstance(entry, Settings)}
    assert settings == {scenario.start(3)}
    assert scenario.best(3) not in settings


def test_no_number_that_makes_the_patient_is_handed_over() -> None:
    policy, scenario = Curious(), load_scenario("drg")
    run_policy("drg", policy, 3, n_trials=4)
    told = {entry for entry in reachable(policy.handed) if isinstance(entry, float)}
    told |= {
        x
        for e in reachable(policy.handed)
        if isinstance(e, np.ndarray) and e.dtype.kind == "f"
        for x in e.flat
    }
    cohort = scenario._body(3).cohort
    own = {
        trait.item()
        for name, trait in cohort.traits.items()
        if load_scenario("drg")._body(4).cohort.traits[name].item() != trait.item()
    }
    assert len(own) > 15
    assert len(told) > 20
    assert own & told == set()


def planted(way: str, truth: object) -> object:
    """Hide a truth where a policy could find it."""
    match way:
        case "closure":
            return lambda: truth
        case "default":
            return lambda found=truth: found
        case "partial":
            return functools.partial(print, truth)
        case "bound method":
            return truth.relief_of  # type: ignore[attr-defined]
        case "attribute":
            return types.SimpleNamespace(deeper=types.SimpleNamespace(truth=truth))
        case "array":
            return np.array([truth, None], dtype=object)
        case "iterator":
            return iter([truth])
        case _:
            return {"nested": [(truth,)]}


@pytest.mark.parametrize(
    "way", ["closure", "default", "partial", "bound method", "attribute", "array", "iterator", "items"]
)
def test_the_walk_finds_a_truth_that_was_hidden(way: str) -> None:
    truth = load_scenario("effect-0.3").truth(0)
    problem = load_scenario("effect-0.3").problem
    hiding = replace(problem)
    object.__setattr__(hiding, "note", planted(way, truth))
    assert truth in of_the_simulator(reachable([hiding]))
    assert of_the_simulator(reachable([problem])) == []
