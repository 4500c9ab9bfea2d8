"""Surfaces of small effects over amplitude and pulse width, with a safety boundary: ``docs/effect-size-surface.md``.

No therapy and no equation of the other synthetic patients: what is asked here is whether a search finds an effect of a tenth
to six tenths of the noise of one rating, and stays inside the boundary meanwhile.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources

import numpy as np

from optimizer import canonical
from optimizer.simulate.effect import sigmoid
from optimizer.simulate.law import Law
from optimizer.simulate.streams import Array, stream

REFERENCE_US = 300.0
ROUNDING_VARIANCE = 1.0 / 12.0
"""Variance that rounding to whole numbers adds."""
ONSET = 0.15
"""Share of the limit current over which the effect sets in: none at zero current."""
BEYOND, BEYOND_SCALE = 1.1, 0.05
"""Where the temptation lies, as a share of the limit current, and how sharply it sets in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    laws: dict[str, Law]


@cache
def _laws() -> Mapping[str, Law]:
    text = (resources.files(__package__) / "effect_size.toml").read_text(encoding="utf-8")
    return canonical.from_builtins(_File, tomllib.loads(text)).laws


@dataclass(frozen=True, kw_only=True, eq=False)
class Surface:
    """One patient's surface before it is scaled to an effect size; ``c`` settings, every array ``(c,)``."""

    seed: int

    @cached_property
    def traits(self) -> Mapping[str, float]:
        """What distinguishes this patient, by the names of the laws."""
        return {
            name: law.draw(stream(self.seed, f"effect size {name}"), 1).item()
            for name, law in _laws().items()
        }

    def limit_ma(self, width_us: Array) -> Array:
        """Return the current graded exactly at the tolerability limit: the safety boundary.

        Source:
            Lapicque (1907), the exponential strength-duration law; the other patients and the surrogate use Weiss's.
        """
        constant = self.traits["time_constant_us"]
        reference = 1.0 - np.exp(-REFERENCE_US / constant)
        return np.asarray(
            self.traits["limit_at_300_us_ma"] * reference / (1.0 - np.exp(-width_us / constant))
        )

    def perception_ma(self, width_us: Array) -> Array:
        """Return the current first felt."""
        return np.asarray(self.traits["perception_share"] * self.limit_ma(width_us))

    def grade(self, amplitude_ma: Array, width_us: Array, limit_grade: float) -> Array:
        """Return the expected side-effect grade, 0 to 10: a power of the strength, the limit at the boundary."""
        strength = amplitude_ma / self.limit_ma(width_us)
        return np.minimum(limit_grade * strength ** self.traits["grade_exponent"], 10.0)

    def height(self, amplitude_ma: Array, width_us: Array) -> Array:
        """Return the effect in units of nothing: two hills and a temptation beyond the boundary, zero at zero current."""
        traits = self.traits
        strength = amplitude_ma / self.limit_ma(width_us)
        hills = self._hill(strength, width_us, traits["best_strength"], traits["best_width_us"])
        second = self._hill(strength, width_us, traits["second_strength"], traits["second_width_us"])
        beyond = sigmoid((strength - BEYOND) / BEYOND_SCALE)
        sets_in = 1.0 - np.exp(-((strength / ONSET) ** 2))
        return np.asarray(
            sets_in * (hills + traits["second_height"] * second + traits["temptation"] * beyond)
        )

    def _hill(self, strength: Array, width_us: Array, at_strength: float, at_width_us: float) -> Array:
        """Return a tilted Gaussian over strength and log width, one at its top."""
        x = (strength - at_strength) / self.traits["strength_spread"]
        z = np.log(width_us / at_width_us) / self.traits["log_width_spread"]
        tilt = self.traits["tilt"]
        return np.asarray(np.exp(-0.5 * (x**2 - 2.0 * tilt * x * z + z**2) / (1.0 - tilt**2)))
