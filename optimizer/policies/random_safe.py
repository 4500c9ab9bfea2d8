"""Uniform draws: over what is admissible without any model, and over everything legal."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from optimizer.ask import Ask
from optimizer.decision import Decision
from optimizer.history import History
from optimizer.policies.baseline import answer, permitted
from optimizer.prior import NO_PRIOR, Prior
from optimizer.problem import Problem
from optimizer.safety import limits
from optimizer.space.search_space import Indices
from optimizer.space.settings import Settings

BATCH = 4_096
N_BATCHES = 16
"""Draws before a baseline gives up and stays: a legal set thinner than about 1 in 20,000 is not found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UniformRandom:
    """Draw uniformly from the grid inside the envelope until a point may be named."""

    name: str
    titrated: bool
    """Whether the titration rule and closures count as well as hard limits and envelope."""

    def start(self, problem: Problem, *, prior: Prior = NO_PRIOR, seed: int = 0) -> "UniformRandomSession":  # noqa: ARG002
        """Begin on one course; a prior plays no part."""
        return UniformRandomSession(problem=problem, seed=seed, name=self.name, titrated=self.titrated)


@dataclass(frozen=True, slots=True, kw_only=True)
class UniformRandomSession:
    """Random settings for one course; the draw is keyed by seed and number of trials."""

    problem: Problem
    seed: int
    name: str
    titrated: bool

    def decide(self, history: History, ask: Ask) -> Decision:
        """Propose a random point that may be named; the settings in force where none is found."""
        history = history.as_of(ask.at)
        may_be_named = (
            limits.gate_of(self.problem, history, ask).admits
            if self.titrated
            else partial(permitted, self.problem, ask)
        )
        rng = np.random.default_rng([self.seed, len(history)])
        chosen = drawn(self.problem, may_be_named, rng)
        return answer(self.problem, history, ask, chosen, policy=self.name, seed=self.seed)


def drawn(
    problem: Problem, may_be_named: Callable[[Indices], NDArray[np.bool_]], rng: np.random.Generator
) -> Settings | None:
    """Return the first of many uniform draws inside the envelope that may be named, or None."""
    levels = [np.flatnonzero(mask) for mask in problem.index_masks]
    for _ in range(N_BATCHES):
        indices = np.stack([rng.choice(legal, size=BATCH) for legal in levels], axis=1).astype(np.int64)
        named = np.flatnonzero(may_be_named(indices))
        if len(named):
            return problem.space.at(indices[named[0]])
    return None


RANDOM_SAFE = UniformRandom(name="random_safe/1", titrated=True)
"""Hard limits, envelope, titration rule and closures, and nothing learned: what safety alone is worth."""
RANDOM = UniformRandom(name="random/1", titrated=False)
"""Hard limits and envelope only."""
