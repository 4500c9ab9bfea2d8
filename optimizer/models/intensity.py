"""Intensity, not milliampere: the logarithm of current over the current that would be graded at the limit.

    log I4(z, w, f, p) = log I4(start) + Weiss(w) + rate(f) + field(z) + posture(p)

``I4`` is the current at which the side-effect grade reaches the tolerable limit. Safety and relief share it, so that a
side effect reported at one width teaches both about all widths. ``s`` draws, ``c`` points, ``k`` configurations.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from msgspec import UnsetType
from torch import Tensor

from optimizer.models import postures
from optimizer.models.dataset import DTYPE, Points
from optimizer.models.hyperprior import Belief, log_normal, normal, normal_of
from optimizer.problem import Problem
from optimizer.space.response import TONIC, Response
from optimizer.trial import Posture

LOWEST_CURRENT_MA = 1e-3
"""Currents below any device step count as off."""


@dataclass(frozen=True, kw_only=True)
class Intensity:
    """Where a patient's limit current lies, relative to the settings the course starts from."""

    start: Points
    """One point: the clinician's start, or the first settings of the history."""
    field_root: Tensor
    """``(k, k)`` Cholesky factor of the log-threshold field over configurations."""
    rate_corner_hz: float | None
    typical_limit_ma: float
    """Population's limit current, the centre where the course starts with stimulation off."""
    response: Response
    """What the device's file says about the start, and where relief lies."""
    postures: tuple[Posture, ...] = ()
    """Those with a threshold of their own."""
    borne_in: tuple[int, ...]
    """Codes of the postures the start is known to be borne in: it lies its margin below the limit of the most sensitive."""

    @property
    def starts_off(self) -> bool:
        """Whether the start says nothing about the patient's limit."""
        return bool(self.start.amplitude_ma[0] <= LOWEST_CURRENT_MA)

    @property
    def beliefs(self) -> dict[str, Belief]:
        """Priors of the hyperparameters of intensity [A unless said]."""
        table = {
            "start_margin": normal(0.0, 0.5) if self.starts_off else normal_of(self.response.start_margin),
            # chronaxie 295 us, 242-326 between patients (Yearwood 2010), widened
            "chronaxie_us": log_normal(290.0, 0.25),
        }
        if self.rate_corner_hz is not None:
            table["rate_exponent"] = normal(1.0, 0.35)
            # thresholds of many people already fall below the corner; how much is not published
            table["rate_slope"] = normal(0.08, 0.08)
        table |= {postures.name(posture): postures.BELIEFS[posture] for posture in self.postures}
        table |= {f"field_{index}": normal(0.0, 1.0) for index in range(len(self.field_root))}
        return table

    def log_intensity(self, values: Mapping[str, Tensor], points: Points) -> Tensor:
        """Return log(I / I4), ``(s, c)``; strongly negative for stimulation that is off."""
        current = points.amplitude_ma.clamp_min(LOWEST_CURRENT_MA)
        return torch.log(current)[None, :] - self.log_limit_current(values, points)

    def log_limit_current(self, values: Mapping[str, Tensor], points: Points) -> Tensor:
        """Return log I4 in log mA, ``(s, c)``."""
        start_ma = self.typical_limit_ma if self.starts_off else float(self.start.amplitude_ma[0])
        at_start = math.log(start_ma) + values["start_margin"] - _weiss(values, self.start)
        # the reference alone shifts nothing
        if any(self.borne_in) and not self.starts_off:
            at_start = at_start - self._lowest_shift(values)
        coefficients = torch.cat([values[name] for name in self._linear], dim=1)
        # all but Weiss's law is linear in the hyperparameters: one product, as every pass over (s, c) costs
        features = self._features(points) - self._start_features
        return torch.addmm(_weiss(values, points), coefficients, features.T) + at_start

    def _lowest_shift(self, values: Mapping[str, Tensor]) -> Tensor:
        """Return the shift of the posture of use in which least current is borne, ``(s, 1)``."""
        reference = torch.zeros_like(values["start_margin"])
        learned = {postures.code(p, self.postures): values[postures.name(p)] for p in self.postures}
        return torch.cat([learned.get(code, reference) for code in self.borne_in], dim=1).amin(
            1, keepdim=True
        )

    @cached_property
    def _linear(self) -> tuple[str, ...]:
        """Names of the hyperparameters in which log I4 is linear, as of :meth:`_features`."""
        rate = () if self.rate_corner_hz is None else ("rate_exponent", "rate_slope")
        shifts = tuple(map(postures.name, self.postures))
        return (*rate, *(f"field_{index}" for index in range(len(self.field_root))), *shifts)

    @cached_property
    def _start_features(self) -> Tensor:
        return self._features(self.start)

    def _features(self, points: Points) -> Tensor:
        """Return what one more of each of these adds to log I4, ``(c, m)``."""
        features = [self.field_root[points.configuration]]
        if self.rate_corner_hz is not None:
            rate = points.frequency_hz.clamp(40.0, 1200.0)
            corner = -torch.log1p((rate / self.rate_corner_hz) ** 1.5)
            octaves = torch.log(points.frequency_hz.clamp(10.0, 1200.0))
            features.insert(0, torch.stack([corner, -octaves], dim=1))
        if self.postures:
            codes = torch.tensor([postures.code(posture, self.postures) for posture in self.postures])
            features.append((points.posture[:, None] == codes).to(DTYPE))
        return torch.cat(features, dim=1)


def _weiss(values: Mapping[str, Tensor], points: Points) -> Tensor:
    """Return log(1 + chronaxie / width), ``(s, c)``: Weiss's law."""
    return torch.log1p(values["chronaxie_us"] / points.pulse_width_us[None, :])


def intensity_of(problem: Problem, start: Points, learned: tuple[Posture, ...] = ()) -> Intensity:
    """Build the intensity of a course.

    Args:
        problem: Declares excitability and configurations.
        start: One point.
        learned: Postures with a threshold of their own.

    Returns:
        The intensity model; the field over configurations is a Gaussian process along the lead.
    """
    places = problem.space.places
    excitability = problem.excitability
    root = torch.zeros(max(len(places), 1), max(len(places), 1), dtype=DTYPE)
    if len(places) > 1:
        distance = np.array([[a.distance_mm(b) for b in places] for a in places])
        covariance = excitability.configuration_log_sd**2 * np.exp(
            -0.5 * (distance / excitability.configuration_length_mm) ** 2
        )
        jitter = 1e-6 * np.eye(len(places))
        root = torch.linalg.cholesky(torch.tensor(covariance + jitter, dtype=DTYPE))
    return Intensity(
        start=start,
        field_root=root,
        rate_corner_hz=excitability.rate_corner_hz,
        typical_limit_ma=excitability.amplitude_scale_ma * excitability.window,
        response=TONIC if isinstance(problem.response, UnsetType) else problem.response,
        postures=learned,
        borne_in=postures.codes_of(problem.postures if problem.start_borne_in_use is True else (), learned),
    )


LOG_PERCEPTION_SHARE = math.log(1.27)
"""Log of limit over perception current: 9.20 over 7.25 mA (Abejon 2016)."""
