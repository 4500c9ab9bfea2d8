"""How a quantity varies between patients, as data with its source."""

from dataclasses import dataclass

import numpy as np

from optimizer.errors import ParameterDefinitionError
from optimizer.simulate.streams import Array
from optimizer.space.constraint import Evidence

_TRIES = 32
"""Normal draws a truncated one is picked from; the share outside is below a half, so a miss is one in billions."""

_KINDS = ("fixed", "normal", "truncated_normal", "lognormal", "beta", "uniform")


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """A distribution over patients; exactly one of the kinds is given.

    Raises:
        ParameterDefinitionError: If no kind or more than one is given.
    """

    source: str
    evidence: Evidence
    fixed: float | None = None
    """The same for everyone."""
    normal: tuple[float, float] | None = None
    """Mean and SD."""
    truncated_normal: tuple[float, float, float, float] | None = None
    """Mean and SD before truncation, lowest and highest."""
    lognormal: tuple[float, float] | None = None
    """Median and SD of the logarithm."""
    beta: tuple[float, float] | None = None
    """Mean and concentration (a = mean x concentration)."""
    uniform: tuple[float, float] | None = None
    """Lowest and highest."""
    plus: float = 0.0
    """Added to every draw."""

    def __post_init__(self) -> None:
        """Check that exactly one kind is given."""
        if sum(getattr(self, kind) is not None for kind in _KINDS) != 1:
            raise ParameterDefinitionError("law", "needs exactly one kind", limit=", ".join(_KINDS))

    def draw(self, rng: np.random.Generator, n: int) -> Array:
        """Draw ``n`` patients, ``(n,)``; patient ``i`` does not depend on ``n``."""
        return self._drawn(rng, n) + self.plus

    def _drawn(self, rng: np.random.Generator, n: int) -> Array:
        if self.fixed is not None:
            return np.full(n, self.fixed)
        if self.normal is not None:
            return rng.normal(*self.normal, size=n)
        if self.lognormal is not None:
            median, log_sd = self.lognormal
            return np.asarray(median * np.exp(log_sd * rng.standard_normal(n)))
        if self.beta is not None:
            mean, concentration = self.beta
            return np.asarray(rng.beta(mean * concentration, (1.0 - mean) * concentration, size=n))
        if self.uniform is not None:
            return rng.uniform(*self.uniform, size=n)
        assert self.truncated_normal is not None  # noqa: S101 - one kind is given
        mean, sd, low, high = self.truncated_normal
        tries = rng.normal(mean, sd, size=(n, _TRIES))
        first = np.argmax((tries >= low) & (tries <= high), axis=1)
        return np.asarray(np.clip(tries[np.arange(n), first], low, high))
