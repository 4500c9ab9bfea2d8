"""Thresholds of perception and discomfort, as ramps bracket them.

A ramp climbs by rungs, so it never meets a threshold: it steps over it. Between the rung that met it and the strongest weaker
one it lies; reading it as the rung itself would place it half a rung too high, which is bolder than what the patient said.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from optimizer.models.pooling import DTYPE
from optimizer.space.parameter import GRID_TOLERANCE
from optimizer.trial import Rung, RungOutcome

UNBOUNDED = 20.0
"""Beyond any log ratio of two currents; finite, so that gradients are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bracket:
    """Where a ramp says that a threshold lies; in log current, from that of a rung."""

    felt: bool
    """Whether it is the threshold of perception; else of discomfort."""
    amplitude_ma: float
    """Current of the rung that met it, or of the strongest where none did."""
    low: float
    """Above which it lies: the strongest weaker rung."""
    high: float
    """Up to which it lies: zero where it was met."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Brackets of ``r`` thresholds; every tensor ``(r,)``."""

    low: Tensor
    high: Tensor
    felt: Tensor
    """One where it is that of perception, zero where it is that of discomfort."""
    trial: Tensor
    """Number of the trial that was ramped to, in order; 64-bit integers."""

    def __len__(self) -> int:
        """Return the number of thresholds."""
        return len(self.trial)

    def take(self, index: Tensor) -> "Thresholds":
        """Return some of them, by integer index or mask."""
        return Thresholds(
            low=self.low[index], high=self.high[index], felt=self.felt[index], trial=self.trial[index]
        )

    def log_probability(self, above: Tensor, sd: float) -> Tensor:
        """Return the log probability that each threshold lies in its bracket, ``(s, r)``.

        Args:
            above: ``(s, r)`` how far the rung lies above the expected threshold, in log current.
            sd: Of a threshold around what is expected of it, in log current.
        """
        return _log_between((above + self.low) / sd, (above + self.high) / sd)


def thresholds_of(brackets: Sequence[Bracket], trials: Sequence[int]) -> Thresholds:
    """Return brackets and the numbers of their trials as tensors."""
    return Thresholds(
        low=torch.tensor([bracket.low for bracket in brackets], dtype=DTYPE),
        high=torch.tensor([bracket.high for bracket in brackets], dtype=DTYPE),
        felt=torch.tensor([bracket.felt for bracket in brackets], dtype=DTYPE),
        trial=torch.tensor(trials, dtype=torch.int64),
    )


def brackets(ramp: Sequence[Rung]) -> Iterator[Bracket]:
    """Yield where perception lies, where it was named, and discomfort: beyond all rungs where none was uncomfortable.

    A ramp that contradicts itself, rungs borne above an uncomfortable one, is read from below: the weakest that met a threshold
    counts.
    """
    currents = [rung.amplitude_ma for rung in ramp if rung.amplitude_ma > 0]
    for outcome in (RungOutcome.PERCEPTION, RungOutcome.DISCOMFORT):
        met = [rung.amplitude_ma for rung in ramp if rung.outcome is outcome and rung.amplitude_ma > 0]
        felt = outcome is RungOutcome.PERCEPTION
        if met:
            at = min(met)
            # between two currents that differ by rounding alone nothing lies
            weaker = [current for current in currents if at - current > GRID_TOLERANCE * max(1.0, at)]
            low = math.log(max(weaker) / at) if weaker else -UNBOUNDED
            yield Bracket(felt=felt, amplitude_ma=at, low=low, high=0.0)
        elif currents and not felt:
            yield Bracket(felt=felt, amplitude_ma=max(currents), low=0.0, high=UNBOUNDED)


def _log_between(low: Tensor, high: Tensor) -> Tensor:
    """Return the log of what a standard normal has between two bounds; far out in either tail too."""
    # of two equal differences the one in the lower tail keeps its digits
    mirrored = low > 0
    low, high = torch.where(mirrored, -high, low), torch.where(mirrored, -low, high)
    below, all_below = torch.special.log_ndtr(low), torch.special.log_ndtr(high)
    return all_below + torch.log1p(-torch.exp(below - all_below))
