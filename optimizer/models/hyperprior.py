"""What is believed about the hyperparameters before any report: medians and spreads, as a table.

Every hyperparameter is a monotone function of a standard normal variable, so that the sampler works in one space and the
prior of any of them can be replaced by data (``Prior.hyperparameters``).
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property

import torch
from torch import Tensor

from optimizer.errors import ProblemDefinitionError
from optimizer.models.pooling import DTYPE
from optimizer.space.response import Fact


class Shape(StrEnum):
    """How a standard normal variable becomes the hyperparameter."""

    NORMAL = "normal"
    LOG_NORMAL = "log_normal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Belief:
    """Prior of one hyperparameter.

    Raises:
        ProblemDefinitionError: If centre and spread are none of such a belief.
    """

    shape: Shape
    centre: float
    spread: float
    low: float = -math.inf
    """Where a normal belief ends."""
    high: float = math.inf

    def __post_init__(self) -> None:
        """Check what a prior stated as data may get wrong."""
        if not (math.isfinite(self.centre) and math.isfinite(self.spread) and self.spread > 0):
            raise ProblemDefinitionError(
                "hyperparameter", "has no finite centre and a spread", limit="spread > 0"
            )
        if self.shape is Shape.LOG_NORMAL and self.centre <= 0:
            raise ProblemDefinitionError("hyperparameter", "has a median that is not positive", limit="> 0")
        if not self.low < self.centre < self.high:
            raise ProblemDefinitionError(
                "hyperparameter", "has its centre outside its ends", limit=f"{self.low:g} to {self.high:g}"
            )

    def transform(self, white: Tensor) -> Tensor:
        """Return standard normal draws as draws of the hyperparameter."""
        if self.shape is Shape.NORMAL:
            return self.centre + self.spread * self._within(white)
        return torch.exp(math.log(self.centre) + self.spread * white)

    @property
    def is_cut(self) -> bool:
        """Whether it ends somewhere."""
        return not (math.isinf(self.low) and math.isinf(self.high))

    def _within(self, white: Tensor) -> Tensor:
        """Return standard normal draws as draws of the standard normal between the ends."""
        if not self.is_cut:
            return white
        ends = torch.tensor([self.low, self.high], dtype=white.dtype)
        low, high = torch.special.ndtr((ends - self.centre) / self.spread)
        share = (low + (high - low) * torch.special.ndtr(white)).clamp(1e-12, 1.0 - 1e-12)
        return torch.special.ndtri(share)


def normal(centre: float, sd: float, *, low: float = -math.inf, high: float = math.inf) -> Belief:
    """Return a normal belief, cut off where its ends are given; the centre must lie between them."""
    return Belief(shape=Shape.NORMAL, centre=centre, spread=sd, low=low, high=high)


def log_normal(median: float, log_sd: float) -> Belief:
    """Return a log-normal belief."""
    return Belief(shape=Shape.LOG_NORMAL, centre=median, spread=log_sd)


def normal_of(fact: Fact) -> Belief:
    """Return what a device file says of a quantity of either sign."""
    return normal(fact.median, fact.sd)


def log_normal_of(fact: Fact) -> Belief:
    """Return what a device file says of a positive quantity."""
    return log_normal(fact.median, fact.sd)


@dataclass(frozen=True)
class Hyperprior:
    """An ordered table of beliefs; draws are columns in its order."""

    beliefs: Mapping[str, Belief]

    @property
    def size(self) -> int:
        """Number of hyperparameters."""
        return len(self.beliefs)

    def columns(self, names: Collection[str]) -> Tensor:
        """Return the columns of some hyperparameters, ``(k,)``, in the order of this table."""
        return torch.tensor(
            [column for column, name in enumerate(self.beliefs) if name in names], dtype=torch.int64
        )

    def only(self, names: Collection[str]) -> "Hyperprior":
        """Return the table of some hyperparameters, in the order of this one."""
        return Hyperprior({name: belief for name, belief in self.beliefs.items() if name in names})

    def values(self, white: Tensor) -> dict[str, Tensor]:
        """Return draws by name.

        Args:
            white: ``(s, h)`` standard normal coordinates.

        Returns:
            Name -> ``(s, 1)``, ready to broadcast over points.
        """
        # normal and log-normal ones all at once, as a pass each is what draws cost; those that end somewhere one by one
        logs, centre, spread = self._lines
        line = centre + spread * white.T
        drawn = torch.where(logs, line.exp(), line)
        for row, belief in self._bent:
            drawn[row] = belief.transform(white[:, row])
        return dict(zip(self.beliefs, drawn[..., None], strict=True))

    @cached_property
    def _lines(self) -> tuple[Tensor, Tensor, Tensor]:
        """Where the line is a logarithm, its centre and its slope, ``(h, 1)`` each."""
        beliefs = tuple(self.beliefs.values())
        logs = torch.tensor([belief.shape is Shape.LOG_NORMAL for belief in beliefs])[:, None]
        lines = [(math.log(b.centre) if b.shape is Shape.LOG_NORMAL else b.centre, b.spread) for b in beliefs]
        centre, spread = torch.tensor(lines, dtype=DTYPE).T[..., None]
        return logs, centre, spread

    @cached_property
    def _bent(self) -> tuple[tuple[int, Belief], ...]:
        """The columns of beliefs that end somewhere."""
        return tuple((column, belief) for column, belief in enumerate(self.beliefs.values()) if belief.is_cut)

    def replaced(self, overrides: Mapping[str, tuple[float, float]]) -> "Hyperprior":
        """Return a table in which some beliefs have another centre and spread; unknown names are left out.

        Raises:
            ProblemDefinitionError: If these are none of such a belief.
        """
        found = dict(self.beliefs)
        for name in overrides.keys() & found.keys():
            centre, spread = overrides[name]
            try:
                found[name] = replace(found[name], centre=centre, spread=spread)
            except ProblemDefinitionError as error:
                field = f"prior.hyperparameters.{name}"
                raise ProblemDefinitionError(field, error.problem, limit=error.limit) from None
        return Hyperprior(found)
