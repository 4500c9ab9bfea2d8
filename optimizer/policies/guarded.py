"""Any policy inside the model-free part of our safety layer: what the surrogate is worth, apart from what safety is worth."""

from dataclasses import dataclass, replace

import numpy as np

from optimizer.ask import Ask
from optimizer.decision import Decision, Proposal, Stop
from optimizer.history import History
from optimizer.policies.baseline import answer, basis_of
from optimizer.policies.nearest import nearest
from optimizer.policies.policy import Policy, Session
from optimizer.prior import NO_PRIOR, Prior
from optimizer.problem import Problem
from optimizer.safety import doubt, limits
from optimizer.safety.limits import Gate
from optimizer.space.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarded:
    """Hard limits, envelope, titration rule, closures and doubts around a policy that knows none but the first two."""

    inner: Policy

    @property
    def name(self) -> str:
        """The name of the policy inside, marked."""
        return f"guarded:{self.inner.name}"

    def start(self, problem: Problem, *, prior: Prior = NO_PRIOR, seed: int = 0) -> "GuardedSession":
        """Begin on one course."""
        inner = self.inner.start(problem, prior=prior, seed=seed)
        return GuardedSession(problem=problem, seed=seed, name=self.name, inner=inner)


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardedSession:
    """A guarded policy on one course."""

    problem: Problem
    seed: int
    name: str
    inner: Session

    def decide(self, history: History, ask: Ask) -> Decision:
        """Propose the admissible settings nearest to what the policy inside wants; hold where there are none."""
        history = history.as_of(ask.at)
        basis = basis_of(self.problem, history, policy=self.name, seed=self.seed)
        held = doubt.hold(self.problem, history, ask)
        if held is not None:
            return replace(held, basis=basis)
        gate = limits.gate_of(self.problem, history, ask)
        wish = self.inner.decide(history, ask)
        if isinstance(wish, Stop) and not _keeps(gate, wish.keep):
            return replace(doubt.no_safe_candidate(self.problem, history, ask), basis=basis)
        if not isinstance(wish, Proposal):
            return replace(wish, basis=basis)
        rng = np.random.default_rng([self.seed, len(history)])
        chosen = nearest(self.problem, wish.settings, ask.in_force.settings, gate.admits, rng)
        if chosen is None:
            return replace(doubt.no_safe_candidate(self.problem, history, ask), basis=basis)
        keep = wish.recommendation if _keeps(gate, wish.recommendation) else None
        relief = wish.recommendation_relief_nrs if keep is not None else None
        over_start = wish.recommendation_over_start_nrs if keep is not None else None
        granted = wish
        if chosen != wish.settings:
            # what the policy predicted is not true of other settings
            projected = answer(self.problem, history, ask, chosen, policy=self.name, seed=self.seed)
            if not isinstance(projected, Proposal):
                return projected
            granted = projected
        # a plan further ahead than one step was not held against the rule
        return replace(
            granted,
            steps=granted.steps[:1],
            recommendation=keep,
            recommendation_relief_nrs=relief,
            recommendation_over_start_nrs=over_start,
            basis=basis,
        )


def _keeps(gate: Gate, settings: Settings | None) -> bool:
    return settings is not None and bool(gate.keeps(np.array([settings.indices], dtype=np.int64))[0])
