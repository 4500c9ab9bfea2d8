"""SafeOpt's rule: confidence bounds on relief and on what is left to the tolerability limit, and a safe set that grows.

Our own implementation from the papers. Both surrogates are Gaussian processes with fixed kernels, as there: the guarantee
rests on kernels given, not learned. A setting is safe where the lower bound of limit less grade is not negative; the
tolerated start is safe by declaration. Among the safe, maximisers could be the best and expanders could make more
settings safe; the most uncertain of both is tried. Kept is what has the highest lower bound of relief.

On a grid of a million settings the rule is applied to particles around the settings tried, a new cloud at every ask, as
the swarm variant does: what is further away than a kernel's length cannot be safe.

Source:
    Sui et al. (2015), Safe exploration for optimization with Gaussian processes, ICML. Berkenkamp, Krause & Schoellig
    (2016/2021), Bayesian optimization with safety constraints, Machine Learning 112 (several functions, expanders by
    an optimistic observation, confidence 2). Duivenvoorden et al. (2017), Constrained Bayesian optimization with particle
    swarms for safe adaptive controller tuning, IFAC (SafeOpt-swarm).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimizer.ask import Ask
from optimizer.decision import Decision
from optimizer.evaluate.peers.policy import PeerPolicy
from optimizer.evaluate.peers.told import Told, told
from optimizer.history import History
from optimizer.policies.baseline import answer, permitted
from optimizer.problem import Problem
from optimizer.space.parameter import Parameter, Scale
from optimizer.space.search_space import Indices
from optimizer.space.settings import Settings

Array = NDArray[np.floating]

CONFIDENCE = 2.0
"""Half width of a bound in standard deviations, as in the experiments of both papers."""
LENGTH = 0.3
"""Length of the kernel in every direction, of the envelope; a category counts by its order [A]."""
RELIEF_SD, RELIEF_NOISE_SD = 2.0, 1.25
GRADE_SD, GRADE_NOISE_SD = 3.0, 0.75
"""Points: how far settings differ, and one report from the next [A]."""
N_PARTICLES = 2_000
N_EXPANDERS = 200
"""Most uncertain safe particles that are tested for being expanders."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SafeOptSession:
    """The rule on one course; keeps nothing between asks."""

    problem: Problem
    seed: int
    name: str

    def decide(self, history: History, ask: Ask) -> Decision:
        """Propose the most uncertain setting that is safe and either a maximiser or an expander."""
        history = history.as_of(ask.at)
        trials = told(self.problem, history)
        if not trials:
            # without a tolerated start there is no safe set: the settings in force
            return answer(self.problem, history, ask, None, policy=self.name, seed=self.seed)
        points = self._particles(trials, ask, np.random.default_rng([self.seed, len(history)]))
        chosen, keep = self._choose(trials, points)
        return answer(self.problem, history, ask, chosen, policy=self.name, seed=self.seed, keep=keep)

    def _particles(self, trials: Sequence[Told], ask: Ask, rng: np.random.Generator) -> Indices:
        """Return the settings tried that may be named and a cloud around them, ``(c, d)``."""
        tried = np.array([trial.settings.indices for trial in trials], dtype=np.int64)
        levels = [np.flatnonzero(mask) for mask in self.problem.index_masks]
        origin = tried[rng.integers(len(tried), size=N_PARTICLES)]
        step = rng.normal(size=origin.shape) * rng.choice([0.0, LENGTH], size=origin.shape)
        moved = [
            _moved(parameter, legal, origin[:, axis], step[:, axis])
            for axis, (parameter, legal) in enumerate(zip(self.problem.space.parameters, levels, strict=True))
        ]
        cloud = np.unique(np.concatenate([tried, np.stack(moved, axis=1)]), axis=0)
        return cloud[permitted(self.problem, ask, cloud)]

    def _choose(self, trials: Sequence[Told], points: Indices) -> tuple[Settings | None, Settings | None]:
        if not len(points):
            return None, None
        rows = self._rows(points)
        tried = self._rows(np.array([trial.settings.indices for trial in trials], dtype=np.int64))
        relief_of = np.array([trial.relief for trial in trials])
        relief = Bounds.fit(tried, relief_of - relief_of[0], RELIEF_SD, RELIEF_NOISE_SD)
        low, high = relief.at(rows)
        width = (high - low) / RELIEF_SD
        safe = np.ones(len(points), dtype=np.bool_)
        expands = np.zeros(len(points), dtype=np.bool_)
        if self.problem.tolerability is not None:
            margin_of = self.problem.tolerability.limit_grade - np.array([trial.grade for trial in trials])
            margin = Bounds.fit(tried, margin_of, GRADE_SD, GRADE_NOISE_SD)
            margin_low, margin_high = margin.at(rows)
            is_start = (points == np.array(trials[0].settings.indices)).all(axis=1)
            safe = (margin_low >= 0) | (is_start & (margin_of[0] >= 0))
            width = np.maximum(width, (margin_high - margin_low) / GRADE_SD)
            expands = expanders(margin, rows, safe, width)
        if not safe.any():
            return None, None
        best_low = np.where(safe, low, -np.inf)
        maximises = safe & (high >= best_low.max())
        chosen = int(np.where(maximises | expands, width, -np.inf).argmax())
        return self.problem.space.at(points[chosen]), self.problem.space.at(points[int(best_low.argmax())])

    def _rows(self, indices: Indices) -> Array:
        """Return settings in the unit cube of the envelope, ``(c, d)``; a category by its order."""
        return np.stack(
            [
                _places(parameter, np.flatnonzero(mask))[indices[:, axis]]
                for axis, (parameter, mask) in enumerate(
                    zip(self.problem.space.parameters, self.problem.index_masks, strict=True)
                )
            ],
            axis=1,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Confidence bounds of one outcome from a Gaussian process of mean zero with a Matérn 5/2 kernel."""

    tried: Array
    root: Array
    """Lower Cholesky factor of the covariance of the reports, ``(n, n)``."""
    weights: Array
    sd: float
    noise_sd: float

    @classmethod
    def fit(cls, tried: Array, values: Array, sd: float, noise_sd: float) -> "Bounds":
        """Condition on reports ``(n,)`` at rows ``(n, d)``."""
        covariance = sd**2 * _kernel(tried, tried) + noise_sd**2 * np.eye(len(tried))
        root: Array = np.linalg.cholesky(covariance)
        weights = np.linalg.solve(root.T, np.linalg.solve(root, values))
        return cls(tried=tried, root=root, weights=weights, sd=sd, noise_sd=noise_sd)

    def at(self, rows: Array) -> tuple[Array, Array]:
        """Return lower and upper bounds at rows, ``(c,)`` each."""
        mean, sd = self.moments(rows)
        return mean - CONFIDENCE * sd, mean + CONFIDENCE * sd

    def moments(self, rows: Array) -> tuple[Array, Array]:
        """Return posterior mean and standard deviation at rows, ``(c,)`` each."""
        near = self._near(rows)
        variance = self.sd**2 - (self._solved(near) ** 2).sum(axis=0)
        return near @ self.weights, np.sqrt(np.maximum(variance, 1e-12))

    def covariance(self, first: Array, second: Array) -> Array:
        """Return the posterior covariance between rows, ``(a, b)``."""
        prior = self.sd**2 * _kernel(first, second)
        return prior - self._solved(self._near(first)).T @ self._solved(self._near(second))

    def _near(self, rows: Array) -> Array:
        return self.sd**2 * _kernel(rows, self.tried)

    def _solved(self, near: Array) -> Array:
        solved: Array = np.linalg.solve(self.root, near.T)
        return solved


def expanders(margin: Bounds, rows: Array, safe: NDArray[np.bool_], width: Array) -> NDArray[np.bool_]:
    """Return which particles, seen at their upper bound, would make an unsafe particle safe, ``(c,)``."""
    expands = np.zeros(len(rows), dtype=np.bool_)
    unsafe = rows[~safe]
    ranked = np.flatnonzero(safe)[np.argsort(-width[safe], kind="stable")][:N_EXPANDERS]
    if not len(unsafe) or not len(ranked):
        return expands
    _, sd = margin.moments(rows[ranked])
    far_mean, far_sd = margin.moments(unsafe)
    shared = margin.covariance(rows[ranked], unsafe)
    seen = sd**2 + margin.noise_sd**2
    raised = far_mean + shared * (CONFIDENCE * sd / seen)[:, None]
    left = np.sqrt(np.maximum(far_sd**2 - shared**2 / seen[:, None], 1e-12))
    expands[ranked] = (raised - CONFIDENCE * left >= 0).any(axis=1)
    return expands


def _kernel(first: Array, second: Array) -> Array:
    """Matérn 5/2 correlation, ``(a, b)``."""
    distance = np.linalg.norm(first[:, None, :] - second[None, :, :], axis=-1) / LENGTH
    scaled = np.sqrt(5.0) * distance
    correlation: Array = (1.0 + scaled + scaled**2 / 3.0) * np.exp(-scaled)
    return correlation


def _places(parameter: Parameter, legal: NDArray[np.int64]) -> Array:
    """Return where each level of a parameter lies between the ends of the envelope, ``(levels,)``."""
    numbers = np.arange(parameter.size) if parameter.is_categorical else np.array(parameter.numbers)
    if parameter.scale is Scale.LOG:
        numbers = np.log(numbers)
    low, high = numbers[legal[0]], numbers[legal[-1]]
    return np.asarray((numbers - low) / (high - low if high > low else 1.0))


def _moved(
    parameter: Parameter, legal: NDArray[np.int64], origin: NDArray[np.int64], step: Array
) -> NDArray[np.int64]:
    """Return the levels inside the envelope nearest to where a step from the origin ends, ``(c,)``."""
    places = _places(parameter, legal)
    ends = places[origin] + step
    return legal[np.abs(places[legal][None, :] - ends[:, None]).argmin(axis=1)]


SAFE_OPT = PeerPolicy(name="safe_opt/1", session=SafeOptSession)
