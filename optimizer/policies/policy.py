"""The protocol every way of choosing follows, ours and the peers'."""

from typing import Protocol

from optimizer.ask import Ask
from optimizer.decision import Decision
from optimizer.history import History
from optimizer.prior import NO_PRIOR, Prior
from optimizer.problem import Problem


class Session(Protocol):
    """One policy at work on one course. A stateful peer may keep what it needs; ours keep nothing."""

    def decide(self, history: History, ask: Ask) -> Decision:
        """Answer an ask from the history as of the ask."""
        ...


class Policy(Protocol):
    """A way of choosing; a session can be rebuilt from problem, seed and history at any time."""

    @property
    def name(self) -> str:
        """Short stable name, stored with every decision."""
        ...

    def start(self, problem: Problem, *, prior: Prior = NO_PRIOR, seed: int = 0) -> Session:
        """Begin on one course."""
        ...
