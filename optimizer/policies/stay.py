"""Stay at the settings in force: what every search has to be better than."""

from dataclasses import dataclass

from optimizer.ask import Ask
from optimizer.decision import Decision
from optimizer.history import History
from optimizer.policies.baseline import answer
from optimizer.prior import NO_PRIOR, Prior
from optimizer.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """Never move from where the course stands; keeps nothing, so the policy is its own session."""

    name: str = "stay/1"

    def start(self, problem: Problem, *, prior: Prior = NO_PRIOR, seed: int = 0) -> "StaySession":  # noqa: ARG002
        """Begin on one course; a prior plays no part."""
        return StaySession(problem=problem, seed=seed, name=self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class StaySession:
    """One course that does not move."""

    problem: Problem
    seed: int
    name: str

    def decide(self, history: History, ask: Ask) -> Decision:
        """Propose the settings in force again; hold where they break a limit."""
        history = history.as_of(ask.at)
        return answer(self.problem, history, ask, ask.in_force.settings, policy=self.name, seed=self.seed)


STAY = Stay()
