"""Every policy meets the same patient under the same protocol, and a bad policy is a result, not a crash."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from optimizer.ask import Ask
from optimizer.decision import Decision, Hold, HoldReason, Proposal
from optimizer.evaluate.provenance import provenance_of
from optimizer.evaluate.run import at_edge, run_policy
from optimizer.history import History
from optimizer.policies.ladder import BRISK
from optimizer.policies.random_safe import RANDOM
from optimizer.policies.safe_bo import SAFE_BO
from optimizer.policies.stay import STAY
from optimizer.prior import NO_PRIOR, Prior
from optimizer.problem import Problem
from optimizer.simulate.scenarios import load_scenario
from optimizer.trial import TrialKind


@dataclass(frozen=True, kw_only=True)
class Crooked:
    """A policy that does something it must not; ``way`` says what."""

    way: str
    problem: Problem | None = None
    name: str = "crooked/1"

    def start(self, problem: Problem, *, prior: Prior = NO_PRIOR, seed: int = 0) -> "Crooked":
        return replace(self, problem=problem)

    def decide(self, history: History, ask: Ask) -> Decision:
        assert self.problem is not None
        if self.way == "raises":
            raise RuntimeError("no idea")
        if self.way == "holds":
            return Hold(reason=HoldReason.UNREVIEWED_ADVERSE_EVENT, subject_ids=("x",), meanwhile=None)
        started = replace(ask, in_force=history.trials[0].applied)
        honest = STAY.start(self.problem).decide(history, started)
        assert isinstance(honest, Proposal)
        step = honest.steps[0]
        if self.way == "off-grid":
            names = step.settings.names
            values = tuple(4.03 if n == "amplitude_ma" else step.settings[n] for n in names)
            settings = replace(step.settings, values=values)
        else:  # past the envelope
            axis = step.settings.names.index("amplitude_ma")
            indices = list(step.settings.indices)
            indices[axis] = 200  # 20 mA
            settings = self.problem.space.at(indices)
        return replace(honest, steps=(replace(step, settings=settings),))


def test_the_first_trial_is_the_start_for_everyone() -> None:
    traces = [run_policy("scs-tonic", policy, 1, n_trials=3) for policy in (STAY, BRISK, RANDOM)]
    assert {trace.decisions[0] for trace in traces} == {"start"}
    assert len({(trace.tried_nrs[0], trace.tried_grade[0], trace.achievable_nrs) for trace in traces}) == 1


def test_whoever_stays_keeps_the_true_relief_of_the_start() -> None:
    scenario = load_scenario("scs-tonic")
    trace = run_policy("scs-tonic", STAY, 2, n_trials=4)
    truth = scenario.truth(2).relief_of(scenario.start(2))
    np.testing.assert_allclose(trace.tried_nrs, truth)
    np.testing.assert_allclose(trace.recommended_nrs, truth)
    assert trace.achievable_nrs >= truth


def test_the_same_run_gives_the_same_trace_but_for_the_clock() -> None:
    first, again = (run_policy("scs-tonic", BRISK, 3, n_trials=6, seed=5) for _ in range(2))
    assert replace(first, ask_s=()) == replace(again, ask_s=())


@pytest.mark.parametrize(("way", "failure"), [("raises", "RuntimeError"), ("off-grid", "PolicyError")])
def test_a_policy_that_breaks_is_recorded_and_the_start_stays_on(way: str, failure: str) -> None:
    trace = run_policy("scs-tonic", Crooked(way=way), 0, n_trials=4)
    assert trace.failure == failure
    assert trace.decisions == ("start", "failed", "failed", "failed")
    assert len(set(trace.tried_nrs)) == 1


def test_settings_past_the_envelope_are_counted_as_breaches() -> None:
    trace = run_policy("scs-tonic", Crooked(way="past"), 0, n_trials=2)
    assert (trace.n_breaches, trace.failure) == (1, "")


def test_a_hold_without_interim_settings_costs_a_day_without_stimulation() -> None:
    trace = run_policy("scs-tonic", Crooked(way="holds"), 0, n_trials=3)
    assert trace.decisions == ("start", "hold", "hold")
    assert trace.tried_nrs[1:] == trace.tried_grade[1:] == (0.0, 0.0)
    assert trace.n_breaches == 0


def test_nothing_of_the_truth_is_handed_to_a_policy() -> None:
    seen: list[object] = []

    @dataclass(frozen=True, kw_only=True)
    class Curious(Crooked):
        def start(self, problem: Problem, *, prior: Prior = NO_PRIOR, seed: int = 0) -> "Curious":
            seen.append(problem)
            return Curious(way="past", problem=problem)

        def decide(self, history: History, ask: Ask) -> Decision:
            seen.extend((history, ask))
            assert all(trial.kind is TrialKind.NORMAL for trial in history.trials)
            return STAY.start(self.problem).decide(history, ask)  # type: ignore[arg-type]

    run_policy("scs-tonic", Curious(way="past"), 0, n_trials=3)
    assert {type(entry).__module__ for entry in reachable(seen)} & {
        "optimizer.simulate.truth",
        "optimizer.simulate.body",
        "optimizer.simulate.cohort",
        "optimizer.simulate.patient",
        "optimizer.simulate.scenarios",
    } == set()


def reachable(roots: list[object]) -> list[object]:
    """Return every object of ours that can be walked to from the roots through fields, items and keys."""
    found: dict[int, object] = {}
    waiting = list(roots)
    while waiting:
        entry = waiting.pop()
        if id(entry) in found or isinstance(entry, str | int | float | bytes | type | None):
            continue
        found[id(entry)] = entry
        if isinstance(entry, dict):
            waiting += [*entry, *entry.values()]
        elif isinstance(entry, list | tuple | set | frozenset):
            waiting += entry
        elif type(entry).__module__.startswith("optimizer."):
            names = [*getattr(type(entry), "__slots__", ()), *getattr(entry, "__dict__", {})]
            waiting += [getattr(entry, name) for name in names if hasattr(entry, name)]
    assert len(found) > 20
    return list(found.values())


def test_a_prediction_made_before_the_trial_stands_beside_its_rating() -> None:
    trace = run_policy("scs-tonic", SAFE_BO, 0, n_trials=3)
    assert [entry.trial for entry in trace.rated] == [0, 1, 2]
    assert trace.rated[0].probabilities == (), "nobody predicted the start"
    for entry in trace.rated[1:]:
        assert len(entry.probabilities) == 11
        assert sum(entry.probabilities) == pytest.approx(1.0)


def test_a_baseline_predicts_and_claims_nothing() -> None:
    trace = run_policy("scs-tonic", STAY, 0, n_trials=3)
    assert len(trace.rated) == 3
    assert {entry.probabilities for entry in trace.rated} == {()}
    assert trace.claims == (None, None, None)


def test_a_claim_is_made_against_the_start_once_there_is_something_to_keep() -> None:
    trace = run_policy("scs-tonic", SAFE_BO, 1, n_trials=6)
    stated = [claim for claim in trace.claims if claim is not None]
    assert len(stated) >= 4
    assert all(claim.low <= claim.mean <= claim.high for claim in stated)
    assert max(claim.high - claim.low for claim in stated) > 0.5


def test_reasons_are_given_for_holds_alone() -> None:
    trace = run_policy("scs-tonic", Crooked(way="holds"), 0, n_trials=3)
    assert trace.reasons == ("", *["unreviewed_adverse_event"] * 2)
    assert set(run_policy("scs-tonic", BRISK, 0, n_trials=3).reasons) == {""}


def test_the_dose_is_that_of_the_recommendation() -> None:
    scenario = load_scenario("scs-tonic")
    start = scenario.start(0).as_dict()
    expected = start["amplitude_ma"] * start["pulse_width_us"] / 1000.0 * start["frequency_hz"]  # type: ignore[operator]
    assert run_policy("scs-tonic", STAY, 0, n_trials=2).recommended_uc_per_s == pytest.approx((expected,) * 2)


def test_the_edge_is_that_of_the_envelope_and_configurations_have_none() -> None:
    problem = load_scenario("scs-tonic").problem
    middle = {"amplitude_ma": 6.0, "pulse_width_us": 300.0, "frequency_hz": 40.0, "configuration": "level-1"}
    changes: list[dict[str, object]] = [
        {},
        {"amplitude_ma": 12.0},
        {"amplitude_ma": 0.0},
        {"pulse_width_us": 60.0},
        {"frequency_hz": 120.0},
    ]
    rows = np.array([problem.space.settings({**middle, **change}).indices for change in changes])  # type: ignore[dict-item]
    assert at_edge(problem, rows).tolist() == [False, True, True, True, True]


def test_a_run_says_what_made_it() -> None:
    trace = run_policy("scs-tonic", STAY, 0, n_trials=2)
    assert trace.provenance == provenance_of(load_scenario("scs-tonic"))
