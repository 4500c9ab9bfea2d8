"""Whatever is inside, what comes out is admissible without any model."""

from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np

from optimizer.ask import Ask
from optimizer.decision import Decision, Hold, HoldReason, Interval, Proposal, Stop, StopReason
from optimizer.history import EPOCH, History, applied, history_from_rows
from optimizer.policies.baseline import answer, basis_of
from optimizer.policies.guarded import Guarded
from optimizer.policies.random_safe import RANDOM
from optimizer.policies.stay import STAY
from optimizer.prior import NO_PRIOR, Prior
from optimizer.problem import Problem, stimulation_problem
from optimizer.safety import limits
from optimizer.space.device import load_device
from optimizer.space.parameter import Value

START = {"amplitude_ma": 4.0, "pulse_width_us": 300.0, "frequency_hz": 50.0, "configuration": "level-3"}


@dataclass(frozen=True, kw_only=True)
class Eager:
    """A policy that always wants one point; whether it would keep it too, whatever was reported of it."""

    values: dict[str, Value]
    keeps: bool = False
    problem: Problem | None = None
    name: str = "eager/1"

    def start(self, problem: Problem, *, prior: Prior = NO_PRIOR, seed: int = 0) -> "Eager":
        return replace(self, problem=problem)

    def decide(self, history: History, ask: Ask) -> Decision:
        assert self.problem is not None
        wish = self.problem.space.settings(self.values)
        keep = wish if self.keeps else None
        return answer(self.problem, history, ask, wish, policy=self.name, seed=0, keep=keep)


def course(discomfort: float = 1) -> tuple[Problem, History, Ask]:
    problem = stimulation_problem(load_device("scs-tonic"), envelope={"amplitude_ma": (0.0, 12.0)})
    history = history_from_rows(problem, [{**START, "pain": 6, "discomfort": discomfort}])
    return problem, history, Ask(at=EPOCH + timedelta(days=1), in_force=applied(problem, START))


def test_what_random_wants_is_brought_within_the_model_free_gates() -> None:
    problem, history, ask = course()
    wishes, granted = [], []
    for seed in range(20):
        for policy, found in ((RANDOM, wishes), (Guarded(inner=RANDOM), granted)):
            decision = policy.start(problem, seed=seed).decide(history, ask)
            assert isinstance(decision, Proposal)
            found.append(decision.settings.indices)
    assert not limits.admissible(problem, history, ask, np.array(wishes)).all()
    assert limits.admissible(problem, history, ask, np.array(granted)).all()


def test_a_wish_for_more_current_becomes_the_strongest_step_allowed() -> None:
    problem, history, ask = course()
    decision = Guarded(inner=Eager(values={**START, "amplitude_ma": 9.0})).start(problem).decide(history, ask)
    assert isinstance(decision, Proposal)
    assert decision.settings.as_dict() == {**START, "amplitude_ma": 4.4}


def test_an_admissible_wish_passes_as_it_is_but_for_the_name() -> None:
    problem, history, ask = course()
    wish = STAY.start(problem).decide(history, ask)
    granted = Guarded(inner=STAY).start(problem).decide(history, ask)
    assert isinstance(wish, Proposal)
    assert isinstance(granted, Proposal)
    assert granted == replace(wish, basis=replace(wish.basis, policy="guarded:stay/1"))


def test_what_was_not_tolerated_is_not_kept_whatever_the_policy_inside_recommends() -> None:
    problem, history, ask = course(discomfort=5)
    fond = Eager(values=START, keeps=True)
    wish = fond.start(problem).decide(history, ask)
    granted = Guarded(inner=fond).start(problem).decide(history, ask)
    assert isinstance(wish, Proposal)
    assert isinstance(granted, Proposal)
    assert wish.recommendation is not None
    assert (granted.recommendation, granted.recommendation_relief_nrs) == (None, None)
    ended = Guarded(inner=Weary()).start(problem).decide(history, ask)
    assert isinstance(ended, Hold)
    assert ended.reason is HoldReason.NO_SAFE_CANDIDATE


def test_a_doubt_in_the_record_holds_before_the_policy_inside_is_asked() -> None:
    problem, history, ask = course(discomfort=9)
    decision = Guarded(inner=RANDOM).start(problem).decide(history, ask)
    assert isinstance(decision, Hold)
    assert decision.reason is HoldReason.UNREVIEWED_ADVERSE_EVENT
    assert decision.basis is not None
    assert decision.basis.policy == "guarded:random/1"


def test_where_nothing_is_admissible_it_holds() -> None:
    problem, history, ask = course()
    names = problem.space.names
    here = problem.space.settings(START).indices
    locked = replace(ask, locked=names, exclude=(here,))
    decision = Guarded(inner=Weary()).start(problem).decide(history, locked)
    assert isinstance(decision, Stop), "an end is passed on"
    wish = Wishful(settings={**START, "amplitude_ma": 4.2})
    decision = Guarded(inner=wish).start(problem).decide(history, locked)
    assert isinstance(decision, Hold)
    assert decision.reason is HoldReason.NO_SAFE_CANDIDATE


@dataclass(frozen=True, kw_only=True)
class Weary:
    """A policy that always stops."""

    problem: Problem | None = None
    name: str = "weary/1"

    def start(self, problem: Problem, *, prior: Prior = NO_PRIOR, seed: int = 0) -> "Weary":
        return replace(self, problem=problem)

    def decide(self, history: History, ask: Ask) -> Decision:
        assert self.problem is not None
        assert ask.in_force.settings is not None
        return Stop(
            reason=StopReason.GAIN_TOO_SMALL,
            keep=ask.in_force.settings,
            relief_nrs=Interval(mean=0.0, low=-1.0, high=1.0),
            remaining_gain_nrs=0.0,
            basis=basis_of(self.problem, history, policy=self.name, seed=0),
        )


@dataclass(frozen=True, kw_only=True)
class Wishful:
    """A policy that minds no lock."""

    settings: dict[str, Value]
    name: str = "wishful/1"

    def start(self, problem: Problem, *, prior: Prior = NO_PRIOR, seed: int = 0) -> "Wishful.Session":
        return Wishful.Session(problem=problem, settings=self.settings)

    @dataclass(frozen=True, kw_only=True)
    class Session:
        problem: Problem
        settings: dict[str, Value]

        def decide(self, history: History, ask: Ask) -> Decision:
            free = replace(ask, locked=(), exclude=())
            inner = Eager(values=self.settings, problem=self.problem)
            return inner.decide(history, free)
