"""A peer as a policy: a name, and what it does on one course."""

from collections.abc import Callable
from dataclasses import dataclass

from optimizer.policies.policy import Session
from optimizer.prior import NO_PRIOR, Prior
from optimizer.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerPolicy:
    """Any peer; what distinguishes one from another is its session."""

    name: str
    session: Callable[..., Session]
    """Begins on one course, from ``problem``, ``seed`` and ``name``."""

    def start(self, problem: Problem, *, prior: Prior = NO_PRIOR, seed: int = 0) -> Session:  # noqa: ARG002
        """Begin on one course; a prior plays no part."""
        return self.session(problem=problem, seed=seed, name=self.name)
