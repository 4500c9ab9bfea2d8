"""Draws of the hyperparameters given the reports: sequential Monte Carlo, the reports let in in the order they came.

The prior is reached in the limit of no reports. Each portion of reports is let in by steps, each step as large as keeps half
of the effective sample; after each, every draw moves by an autoregressive proposal around the cloud's own mean and
covariance; then, some times more, along the coordinates that few reports depend on. All draws move together, so a move
costs one batched factorisation. Draws that were near the truth after ten
trials are near it after eleven, also where several places explain the reports: none has to be found again from the prior.
Fixed counts, one generator a portion: the same inputs give the same draws, whether an earlier ask's are remembered or not.

Source:
    Chopin (2002), A sequential particle filter method for static models, Biometrika 89(3), 539-552, with the tempering of
    Del Moral, Doucet and Jasra (2006), Sequential Monte Carlo samplers, J. R. Stat. Soc. B 68(3), 411-436; the moves are
    preconditioned Crank-Nicolson steps, Cotter et al. (2013), MCMC methods for functions, Stat. Sci. 28(3), 424-446, with
    the reference measure fitted to the draws.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock

import numpy as np
import torch
from torch import Tensor

from optimizer.errors import FitError
from optimizer.models.dataset import DTYPE

N_DRAWS = 256
"""Equally weighted draws."""
N_MOVES = 7
"""Moves after each step."""
YOUNG = 15
"""Trials up to which a course is young: moves cost little, and every later ask starts from the draws they leave."""
N_MOVES_YOUNG = 12
"""Moves after each step in a young course."""
N_ASIDE = 6
"""Moves after these of the coordinates that cost little."""
MAX_STEPS = 24
"""Steps at most to let a portion in; more would mean the likelihood is degenerate."""
MIXING = 0.6
"""Size of a move; 1 forgets where the draw was."""
KEEP_SHARE = 0.5
"""Share of the effective sample a step must leave."""
CORRELATED = 0.5
"""Share of the covariance between coordinates that moves follow: all of it is not known from so few draws."""
NARROWEST, WIDEST = 0.1, 1.2
"""Bounds on the SD of a move along each coordinate, before :data:`MIXING`."""

LogDensities = Callable[[Tensor], Tensor]
"""``(s, h)`` standard normal coordinates to ``(s, i)``: the log density of each report given those before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aside:
    """Coordinates that few reports depend on, and cheaply: they move more often than the rest."""

    columns: Tensor
    """``(k,)`` which they are."""
    given: Callable[[Tensor], LogDensities]
    """``(s, h)`` draws to the log densities of these reports, ``(s, r)``, as these coordinates alone move, ``(s, k)``."""
    new: Tensor
    """``(r,)`` which of these reports are not those before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reports:
    """Some reports, and those before them."""

    log_densities: LogDensities
    new: Tensor
    """``(i,)`` which of them are not those before."""
    aside: Aside | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Portion:
    """Reports that are let in together, after all those before them."""

    number: int
    """Up to which trial it reaches; each portion has luck of its own."""
    key: bytes
    """Names these reports and all before them, the prior and the seed: equal keys, equal draws."""
    read: Callable[[], Reports]
    """Called only where the draws given these reports are not remembered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draws:
    """Equally weighted draws given some of the reports, and how well they were had."""

    white: Tensor
    """``(N_DRAWS, h)`` standard normal coordinates."""
    effective_sample_size: float
    """Smallest over the steps so far; zero where a portion could not be let in as a whole."""


@dataclass(frozen=True, slots=True, eq=False)
class Memory:
    """Draws of the latest asks, so that the next one lets in only what is new. What is forgotten is drawn again, alike."""

    at_most: int = 512
    """Sets of draws, of less than a tenth of a MiB each: two for each of the latest asks."""
    _draws: OrderedDict[bytes, Draws] = field(default_factory=OrderedDict, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def latest(self, portions: Sequence[Portion]) -> tuple[int, Draws | None]:
        """Return how many of the portions, counted from the first, some remembered draws are given, and these draws."""
        with self._lock:
            for count in range(len(portions), 0, -1):
                key = portions[count - 1].key
                if key in self._draws:
                    self._draws.move_to_end(key)
                    return count, self._draws[key]
        return 0, None

    def keep(self, portion: Portion, draws: Draws) -> None:
        """Remember the draws given a portion and all before it."""
        with self._lock:
            self._draws[portion.key] = draws
            while len(self._draws) > self.at_most:
                self._draws.popitem(last=False)

    def __reduce__(self) -> tuple[type["Memory"], tuple[int]]:
        """Travel empty: it saves time, it does not matter."""
        return Memory, (self.at_most,)


LATEST = 2
"""How many of the last portions' draws are remembered. The last portion ends at the latest trial, so it grows with the next
one, and the draws before it are what the next ask goes on from."""


def draw(portions: Sequence[Portion], size: int, seed: int, memory: Memory | None = None) -> Draws:
    """Draw hyperparameters from their posterior.

    Args:
        portions: The reports, in the order in which they are let in.
        size: Number of hyperparameters ``h``.
        seed: The only source of randomness.
        memory: Of earlier asks; changes how long it takes, not what is drawn.

    Returns:
        The draws.

    Raises:
        FitError: If no draw explains the reports at all (all likelihoods not finite).
    """
    done, draws = (0, None) if memory is None else memory.latest(portions)
    if draws is None:
        white = torch.randn(N_DRAWS, size, generator=_luck(seed, 0), dtype=DTYPE)
        draws = Draws(white=white, effective_sample_size=float(N_DRAWS))
    for place, portion in enumerate(portions[done:], start=done):
        n_moves = N_MOVES_YOUNG if portion.number <= YOUNG else N_MOVES
        draws = _let_in(portion.read(), draws, n_moves, _luck(seed, portion.number))
        if memory is not None and place >= len(portions) - LATEST:
            memory.keep(portion, draws)
    return draws


def _luck(seed: int, number: int) -> torch.Generator:
    mixed = np.random.SeedSequence([seed, number]).generate_state(1, np.uint64)[0]
    return torch.Generator().manual_seed(int(mixed >> np.uint64(1)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Moving:
    """Draws on their way: where they are, the log density of what was known before a portion, and of the portion."""

    white: Tensor
    before: Tensor
    new: Tensor

    def take(self, index: Tensor) -> "_Moving":
        return _Moving(white=self.white[index], before=self.before[index], new=self.new[index])

    def replaced(self, other: "_Moving", where: Tensor) -> "_Moving":
        return _Moving(
            white=torch.where(where[:, None], other.white, self.white),
            before=torch.where(where, other.before, self.before),
            new=torch.where(where, other.new, self.new),
        )


def _moving(reports: Reports, white: Tensor) -> _Moving:
    found = reports.log_densities(white)
    before, new = found[:, ~reports.new].sum(1), found[:, reports.new].sum(1)
    possible = torch.isfinite(before) & torch.isfinite(new)
    return _Moving(
        white=white, before=before.where(possible, -torch.inf), new=new.where(possible, -torch.inf)
    )


def _let_in(reports: Reports, draws: Draws, n_moves: int, generator: torch.Generator) -> Draws:
    """Return the draws given one more portion of reports."""
    if not bool(reports.new.any()):
        return draws
    moving, smallest, share = _moving(reports, draws.white), draws.effective_sample_size, 0.0
    if not torch.isfinite(moving.new).any():
        raise FitError("history", "cannot be explained by any hyperparameters", remedy="Review the reports.")
    for _ in range(MAX_STEPS):
        step = _largest_step(moving.new, 1.0 - share)
        weights = torch.softmax(step * moving.new, dim=0)
        smallest = min(smallest, float(1.0 / (weights * weights).sum()))
        reference = _reference(moving.white, weights)
        moving = moving.take(_systematic(weights, len(weights), generator))
        share = min(1.0, share + step)
        for _ in range(n_moves):
            moving = _moved(moving, share, reports, reference, generator)
        if reports.aside is not None:
            moving = _moved_aside(moving, share, reports.aside, reference, generator)
        if share >= 1.0:
            return Draws(white=moving.white, effective_sample_size=smallest)
    return Draws(white=moving.white, effective_sample_size=0.0)


def _largest_step(level: Tensor, remaining: float) -> float:
    """Return the largest step that keeps the share of the effective sample; by bisection."""

    def effective_share(step: float) -> float:
        weights = torch.softmax(step * level, dim=0)
        return float(1.0 / (weights * weights).sum()) / len(level)

    if effective_share(remaining) >= KEEP_SHARE:
        return remaining
    low, high = 0.0, remaining
    for _ in range(30):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if effective_share(middle) >= KEEP_SHARE else (low, middle)
    return max(low, 1e-4 * remaining)


def _systematic(weights: Tensor, n: int, generator: torch.Generator) -> Tensor:
    """Return indices drawn by systematic resampling."""
    positions = (torch.arange(n, dtype=DTYPE) + torch.rand(1, generator=generator, dtype=DTYPE)) / n
    return torch.searchsorted(weights.cumsum(0), positions).clamp_max(len(weights) - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reference:
    """A normal measure fitted to weighted draws: moves are reversible for it."""

    centre: Tensor
    root: Tensor
    """``(h, h)`` Cholesky factor of its covariance."""
    inverse: Tensor
    """Of the root."""

    def standard(self, white: Tensor) -> Tensor:
        """Return draws in its own standard normal coordinates."""
        return (white - self.centre) @ self.inverse.T

    def natural(self, standard: Tensor) -> Tensor:
        """Return them back."""
        return self.centre + standard @ self.root.T

    def of(self, columns: Tensor) -> "_Reference":
        """Return the measure of some coordinates alone."""
        rows = self.root[columns]
        return _normal(self.centre[columns], rows @ rows.T)


def _reference(white: Tensor, weights: Tensor) -> _Reference:
    centre = weights @ white
    apart = white - centre
    covariance = (apart * weights[:, None]).T @ apart
    variance = covariance.diagonal().clamp(NARROWEST**2, WIDEST**2)
    # half of it is positive semi-definite and the diagonal is not below NARROWEST^2 of the rest: it can be factorised
    return _normal(centre, CORRELATED * covariance + (1.0 - CORRELATED) * torch.diag(variance))


def _normal(centre: Tensor, covariance: Tensor) -> _Reference:
    root = torch.linalg.cholesky(covariance)
    unit = torch.eye(len(centre), dtype=DTYPE)
    inverse = torch.linalg.solve_triangular(root, unit, upper=False)
    return _Reference(centre=centre, root=root, inverse=inverse)


def _moved(
    moving: _Moving, share: float, reports: Reports, reference: _Reference, generator: torch.Generator
) -> _Moving:
    """Move every draw once, leaving the posterior with a share of the portion let in as it is."""
    noise = torch.randn(moving.white.shape, generator=generator, dtype=DTYPE)
    here = reference.standard(moving.white)
    there = (1 - MIXING**2) ** 0.5 * here + MIXING * noise
    proposed = _moving(reports, reference.natural(there))

    def log_target(at: _Moving, standard: Tensor) -> Tensor:
        # prior over reference measure: the autoregressive step is reversible for the reference
        prior = -0.5 * at.white.square().sum(1)
        return at.before + share * at.new + prior + 0.5 * standard.square().sum(1)

    log_ratio = log_target(proposed, there) - log_target(moving, here)
    uniform = torch.rand(len(here), generator=generator, dtype=DTYPE)
    return moving.replaced(proposed, torch.log(uniform) < torch.nan_to_num(log_ratio, nan=-torch.inf))


def _moved_aside(
    moving: _Moving, share: float, aside: Aside, reference: _Reference, generator: torch.Generator
) -> _Moving:
    """Move every draw some times along the coordinates that cost little, the others standing still."""
    alone = Reports(log_densities=aside.given(moving.white), new=aside.new)
    here = there = _moving(alone, moving.white[:, aside.columns])
    measure = reference.of(aside.columns)
    for _ in range(N_ASIDE):
        there = _moved(there, share, alone, measure, generator)
    return _Moving(
        white=moving.white.index_copy(1, aside.columns, there.white),
        before=moving.before + (there.before - here.before),
        new=moving.new + (there.new - here.new),
    )
