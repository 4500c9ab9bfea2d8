"""Draws of the hyperparameters given the reports: tempered sequential Monte Carlo.

The prior is reached in the limit of no data and the likelihood is let in step by step, each step as large as keeps half
of the effective sample; after each, every draw moves by an autoregressive proposal around the cloud's own mean and
spread. All draws move together, so a step costs one batched factorisation. Fixed counts, one generator: the same inputs
give the same draws.

Source:
    Del Moral, Doucet and Jasra (2006), Sequential Monte Carlo samplers, J. R. Stat. Soc. B 68(3), 411-436; the moves are
    preconditioned Crank-Nicolson steps, Cotter et al. (2013), MCMC methods for functions, Stat. Sci. 28(3), 424-446, with
    the reference measure fitted to the draws.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from optimizer.errors import FitError
from optimizer.models.dataset import DTYPE

N_DRAWS = 256
"""Draws that are moved; a multiple of the draws that are kept."""
N_KEPT = 64
"""Equally weighted draws that serve predictions."""
N_MOVES = 3
"""Moves after each tempering step."""
MAX_STEPS = 24
"""Tempering steps at most; more would mean the likelihood is degenerate."""
MIXING = 0.6
"""Size of a move; 1 forgets where the draw was."""
KEEP_SHARE = 0.5
"""Share of the effective sample a tempering step must leave."""

LogLikelihood = Callable[[Tensor], Tensor]
"""``(s, h)`` standard normal coordinates to ``(s,)``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draws:
    """Equally weighted draws and how well they were had."""

    white: Tensor
    """``(N_KEPT, h)`` standard normal coordinates."""
    effective_sample_size: float
    """Smallest over the tempering steps, scaled to the draws that are kept."""
    acceptance: float
    """Mean acceptance of the last moves."""


def draw(log_likelihood: LogLikelihood, size: int, generator: torch.Generator) -> Draws:
    """Draw hyperparameters from their posterior.

    Args:
        log_likelihood: Of the reports, for a batch of hyperparameters.
        size: Number of hyperparameters ``h``.
        generator: The only source of randomness.

    Returns:
        The draws.

    Raises:
        FitError: If no draw of the prior explains the reports at all (all likelihoods not finite).
    """
    cloud = torch.randn(N_DRAWS, size, generator=generator, dtype=DTYPE)
    level = _finite(log_likelihood(cloud))
    if not torch.isfinite(level).any():
        raise FitError("history", "cannot be explained by any hyperparameters", remedy="Review the reports.")
    temperature, smallest, acceptance = 0.0, float(N_DRAWS), 1.0
    for _ in range(MAX_STEPS):
        step = _largest_step(level, 1.0 - temperature)
        weights = torch.softmax(step * level, dim=0)
        smallest = min(smallest, float(1.0 / (weights * weights).sum()))
        chosen = _systematic(weights, N_DRAWS, generator)
        cloud, level = cloud[chosen], level[chosen]
        temperature = min(1.0, temperature + step)
        for _ in range(N_MOVES):
            cloud, level, acceptance = _move(cloud, level, temperature, log_likelihood, generator)
        if temperature >= 1.0:
            break
    kept = torch.arange(0, N_DRAWS, N_DRAWS // N_KEPT)
    return Draws(
        white=cloud[kept],
        effective_sample_size=smallest * N_KEPT / N_DRAWS if temperature >= 1.0 else 0.0,
        acceptance=acceptance,
    )


def _finite(level: Tensor) -> Tensor:
    return torch.nan_to_num(level, nan=-torch.inf)


def _largest_step(level: Tensor, remaining: float) -> float:
    """Return the largest tempering step that keeps the share of the effective sample; by bisection."""

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


def _move(
    cloud: Tensor,
    level: Tensor,
    temperature: float,
    log_likelihood: LogLikelihood,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor, float]:
    """Move every draw once, leaving the tempered posterior as it is."""
    centre, spread = cloud.mean(0), cloud.std(0).clamp(0.1, 1.2)
    noise = torch.randn(cloud.shape, generator=generator, dtype=DTYPE)
    offset = (1 - MIXING**2) ** 0.5 * (cloud - centre)
    proposed = centre + offset + MIXING * spread * noise
    proposed_level = _finite(log_likelihood(proposed))

    def log_target(white: Tensor, likelihood: Tensor) -> Tensor:
        # prior over reference measure: the autoregressive step is reversible for the reference
        prior = -0.5 * white.square().sum(1)
        reference = -0.5 * ((white - centre) / spread).square().sum(1)
        return temperature * likelihood + prior - reference

    log_ratio = log_target(proposed, proposed_level) - log_target(cloud, level)
    uniform = torch.rand(len(cloud), generator=generator, dtype=DTYPE)
    accepted = torch.log(uniform) < torch.nan_to_num(log_ratio, nan=-torch.inf)
    moved = torch.where(accepted[:, None], proposed, cloud)
    return moved, torch.where(accepted, proposed_level, level), float(accepted.double().mean())
