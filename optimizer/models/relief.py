"""The surrogate of relief, given hyperparameters: a Gaussian process around a physiological mean.

    f(x) = c + E G(x) + residual(x),    G = R(intensity) C(place) F(rate) W(width)

``c`` and ``E`` are normal and enter the covariance, so they are integrated exactly; what the physiology misses is left to
the residual, a Gaussian process on the same intensity-aware inputs. Where there is no stimulation, the mean is flat (or a
population's map) and the residual does all the work. ``s`` draws, ``c`` points.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from msgspec import UnsetType
from torch import Tensor

from optimizer.models.dataset import DTYPE, Points
from optimizer.models.hyperprior import Belief, log_normal, log_normal_of, normal, normal_of
from optimizer.models.intensity import LOWEST_CURRENT_MA, Intensity
from optimizer.outcomes.scale import OutcomeScale
from optimizer.problem import Problem
from optimizer.space.response import UNTREATED

Values = Mapping[str, Tensor]
"""Hyperparameters by name, ``(s, 1)`` each."""


class Relief(Protocol):
    """A prior over response surfaces, given hyperparameters."""

    @property
    def beliefs(self) -> dict[str, Belief]:
        """Priors of the hyperparameters this surface adds."""
        ...

    def at(self, values: Values, points: Points) -> "Seen":
        """Return points as this prior sees them under each draw."""
        ...

    def covariance(self, a: Tensor, b: Tensor) -> Tensor:
        """Return the prior covariance of points seen, ``(s, a, b)``, given their ``inputs``."""
        ...

    def variance(self, inputs: Tensor) -> Tensor:
        """Return the diagonal of the prior covariance, ``(s, c)``."""
        ...

    def paired(self, a: Tensor, b: Tensor) -> Tensor:
        """Return the prior covariance of each point of one set with the same one of the other, ``(s, c)``."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Points as a prior sees them under each draw; computed once, as several covariances may need them."""

    mean: Tensor
    """``(s, c)`` prior mean."""
    inputs: Tensor
    """``(s, c, k)`` all that covariances depend on."""

    def draws(self, which: slice) -> "Seen":
        """Return the points under some of the draws."""
        return Seen(mean=self.mean[which], inputs=self.inputs[which])


BELOW_ONSET = 0.48
"""How far below the onset of relief, in log current, half of what the physiology misses can act [A]."""
FAINT_WIDTH = 0.12
LOWEST = 0.8
"""How far below that, in log current, settings stop to differ: all fainter ones are taken as equally faint [A]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StimulationRelief:
    """Relief of a stimulation setting; where it lies is what the device's file says, the rest is assumed [A]."""

    intensity: Intensity
    scale: OutcomeScale
    positions_mm: Tensor
    """``(k,)`` place of each configuration along the lead."""
    untreated: float
    """Expected relief without stimulation, in points (pain 7 on 0 to 10 is -7)."""
    untreated_sd: float

    @property
    def beliefs(self) -> dict[str, Belief]:
        """Priors of shape, residual and noise, in natural units."""
        unit = self.scale.point
        response = self.intensity.response
        table = {
            "effect": log_normal(2.8 * unit, 0.6),
            "onset": normal_of(response.onset),
            "onset_width": log_normal_of(response.onset_width),
            "rate_best_hz": log_normal_of(response.rate_best_hz),
            "rate_width": log_normal_of(response.rate_width),
            "width_best_us": log_normal_of(response.width_best_us),
            "width_width": log_normal_of(response.width_width),
            "residual_sd": log_normal(0.45 * unit, 0.5),
            "residual_intensity": log_normal(0.25, 0.35),
            "residual_mm": log_normal(14.0, 0.35),
            "residual_rate": log_normal(0.9, 0.35),
            "residual_width": log_normal(0.9, 0.35),
            "residual_duty": log_normal(1.2, 0.35),
            "noise_sd": log_normal(1.0 * unit, 0.30),
            "day_sd": log_normal(0.5 * unit, 0.5),
            "day_length": log_normal(3.0, 0.7),
        }
        if response.duty_exponent is not None:
            table["duty_exponent"] = normal_of(response.duty_exponent)
        # configurations of one centroid (the same cathode, other anodes) have no place to learn
        if (self.positions_mm != self.positions_mm[0]).any():
            spacing = float(torch.diff(self.positions_mm.sort().values).abs().max())
            # a clinician starts where the paraesthesia covered the pain best, give or take two contacts, and the surgeon
            # placed the lead over what relieves it: the best place lies between its ends, give or take half a contact
            start = float(self.positions_mm[self.intensity.start.configuration[0]])
            table["position_mm"] = normal(
                start,
                2.0 * spacing,
                low=float(self.positions_mm.min()) - 0.5 * spacing,
                high=float(self.positions_mm.max()) + 0.5 * spacing,
            )
            table["spread_mm"] = log_normal(1.3 * spacing, 0.35)
        return table

    def at(self, values: Values, points: Points) -> Seen:
        """Return ``E[c] + E[E] G``, and inputs divided by their length-scales before log SD less half their squared norm."""
        level = self.intensity.log_intensity(values, points)
        inputs = torch.stack(
            [
                # far below the limit nothing distinguishes one faint setting from another
                level.clamp(self._faint - LOWEST, 0.5) / values["residual_intensity"],
                self.positions_mm[points.configuration] / values["residual_mm"],
                points.frequency_hz.log() / values["residual_rate"],
                points.pulse_width_us.log() / values["residual_width"],
                points.duty.log() / values["residual_duty"],
            ],
            dim=-1,
        )
        scale = self._log_felt(values, level) - 0.5 * inputs.square().sum(-1)
        return Seen(
            mean=self.untreated + values["effect"] * self._goodness(values, points, level),
            inputs=torch.cat([inputs, scale[..., None]], dim=-1),
        )

    def goodness(self, values: Values, points: Points) -> Tensor:
        """Return G in 0..1, ``(s, c)``: zero without current, falling again past the limit current."""
        return self._goodness(values, points, self.intensity.log_intensity(values, points))

    def _goodness(self, values: Values, points: Points, level: Tensor) -> Tensor:
        dose = level
        if "duty_exponent" in values:
            duty = points.duty / self.intensity.response.duty_reference
            dose = level + values["duty_exponent"] * duty.log()[None, :]
        onset = torch.sigmoid((dose - values["onset"]) / values["onset_width"])
        good = onset * self._past_limit(level) * (points.amplitude_ma > LOWEST_CURRENT_MA)
        good = good * _bell(points.frequency_hz.log(), values["rate_best_hz"].log(), values["rate_width"])
        good = good * _bell(points.pulse_width_us.log(), values["width_best_us"].log(), values["width_width"])
        if "position_mm" in values:
            place = self.positions_mm[points.configuration]
            good = good * _bell(place, values["position_mm"], values["spread_mm"])
        return good

    def _past_limit(self, level: Tensor) -> Tensor:
        """Share of the relief that is left as a log intensity passes the limit current."""
        return 1.0 - 0.6 * torch.sigmoid((level - 0.03) / 0.05)

    def covariance(self, a: Tensor, b: Tensor) -> Tensor:
        """Return the covariance of ``c`` and the residual."""
        # sd(a) sd(b) exp(-|a - b|^2 / 2) as the exponential of one product: every pass over (s, a, b) costs
        left = torch.cat([a, torch.ones_like(a[..., :1])], dim=-1)
        right = torch.cat([b[..., :-1], torch.ones_like(b[..., :1]), b[..., -1:]], dim=-1)
        return (left @ right.transpose(1, 2)).exp_() + self.untreated_sd**2

    def variance(self, inputs: Tensor) -> Tensor:
        """Return the diagonal of :meth:`covariance`."""
        log_sd = inputs[..., -1] + 0.5 * inputs[..., :-1].square().sum(-1)
        return self.untreated_sd**2 + (2.0 * log_sd).exp()

    def paired(self, a: Tensor, b: Tensor) -> Tensor:
        """Return the covariance of ``c`` and the residual, point by point."""
        exponent = (a[..., :-1] * b[..., :-1]).sum(-1) + a[..., -1] + b[..., -1]
        return self.untreated_sd**2 + exponent.exp()

    def _log_felt(self, values: Values, level: Tensor) -> Tensor:
        """Log SD of the residual at a log intensity: none far below perception, where one faint setting is as good as another."""
        return values["residual_sd"].log() + torch.nn.functional.logsigmoid(
            (level - self._faint) / FAINT_WIDTH
        )

    @property
    def _faint(self) -> float:
        return self.intensity.response.onset.median - BELOW_ONSET


@dataclass(frozen=True, slots=True, kw_only=True)
class MapRelief:
    """Response over a grid without physics: flat mean or a population's map, Matern residual in grid steps."""

    scale: OutcomeScale
    worst: float
    """Relief at the worse end of the scale."""
    population: Tensor | None
    """``(p, e + 1)`` rows of a population's map: where, and its value in points; None without one."""
    weight: float

    @property
    def beliefs(self) -> dict[str, Belief]:
        """Priors of residual, noise and days [A]: neighbours one step apart resemble each other.

        Wide, as no physiology says whether settings matter at all: surely believed to, a week of better days would be
        credited to the settings that happened to be on.
        """
        width = self.scale.width
        return {
            "residual_sd": log_normal(0.25 * width, 1.0),
            "residual_steps": log_normal(1.1, 0.25),
            "noise_sd": log_normal(0.03 * width, 0.8),
            "day_sd": log_normal(0.03 * width, 0.8),
            "day_length": log_normal(3.0, 0.5),
        }

    def at(self, values: Values, points: Points) -> Seen:
        """Return the flat mean plus the trusted share of the population's map; rows, map and residual's SD as inputs."""
        flat = self.worst + 0.2 * self.scale.width
        population = self._map(points)
        rows = points.rows / values["residual_steps"][..., None]
        sd = values["residual_sd"][..., None].expand(-1, len(points), -1)
        return Seen(
            mean=(flat + self.weight * population).expand(len(sd), -1),
            inputs=torch.cat([rows, population[:, None].expand_as(sd), sd], dim=-1),
        )

    def covariance(self, a: Tensor, b: Tensor) -> Tensor:
        """Return the covariance of level, trust in the map and residual."""
        trust = (0.5 * self.weight) ** 2 * a[..., -2, None] * b[..., None, :, -2]
        residual = a[..., -1, None] * b[..., None, :, -1] * _matern(_squares(a[..., :-2], b[..., :-2]))
        return (0.2 * self.scale.width) ** 2 + trust + residual

    def variance(self, inputs: Tensor) -> Tensor:
        """Return the diagonal of :meth:`covariance`."""
        level = (0.2 * self.scale.width) ** 2
        return level + (0.5 * self.weight * inputs[..., -2]) ** 2 + inputs[..., -1] ** 2

    def paired(self, a: Tensor, b: Tensor) -> Tensor:
        """Return the covariance of level, trust in the map and residual, point by point."""
        level = (0.2 * self.scale.width) ** 2
        trust = (0.5 * self.weight) ** 2 * a[..., -2] * b[..., -2]
        apart = (a[..., :-2] - b[..., :-2]).square().sum(-1)
        return level + trust + a[..., -1] * b[..., -1] * _matern(apart)

    def _map(self, points: Points) -> Tensor:
        """Return the population's map at points, ``(c,)``: its nearest stated point, fading with distance."""
        if self.population is None:
            return torch.zeros(len(points), dtype=DTYPE)
        distance, nearest = torch.cdist(points.rows, self.population[:, :-1]).min(dim=1)
        return self.population[nearest, -1] * torch.exp(-0.5 * distance.square())


def relief_of(problem: Problem, intensity: Intensity, population: Tensor | None, weight: float) -> Relief:
    """Choose the prior over response surfaces that a problem calls for.

    Args:
        problem: With or without stimulation physics.
        intensity: Shared with tolerability.
        population: ``(p, e + 1)`` map of a population, for problems without stimulation.
        weight: Trust in it, 0 to 1.

    Returns:
        The prior.
    """
    if not problem.has_stimulation:
        worst = problem.outcome.low if problem.outcome.larger_is_better else problem.outcome.high
        return MapRelief(
            scale=problem.outcome,
            worst=problem.objective.relief(worst, problem.outcome),
            population=population,
            weight=weight,
        )
    positions = [place.position_mm for place in problem.space.places] or [0.0]
    believed = intensity.response.untreated
    fact, unit = UNTREATED if isinstance(believed, UnsetType) else believed, problem.outcome.point
    # so far from the best end of the scale: pain of 7, function of 3
    best = problem.outcome.high if problem.outcome.larger_is_better else problem.outcome.low
    untreated = best - fact.median * unit if problem.outcome.larger_is_better else best + fact.median * unit
    return StimulationRelief(
        intensity=intensity,
        scale=problem.outcome,
        positions_mm=torch.tensor(np.array(positions), dtype=DTYPE),
        untreated=problem.objective.relief(untreated, problem.outcome),
        untreated_sd=fact.sd * unit,
    )


def _bell(x: Tensor, centre: Tensor, width: Tensor) -> Tensor:
    """Return ``exp(-((x - centre) / width)^2 / 2)``, ``(s, c)``."""
    return torch.exp(-0.5 * ((x[None, :] - centre) / width) ** 2)


def _squares(a: Tensor, b: Tensor) -> Tensor:
    """Return squared distances, ``(s, a, b)``."""
    return (
        a.square().sum(-1)[..., :, None] + b.square().sum(-1)[..., None, :] - 2.0 * a @ b.transpose(-1, -2)
    ).clamp_min(0.0)


def _matern(squares: Tensor) -> Tensor:
    """Return the Matern-5/2 correlation of squared distances."""
    distance = (5.0 * squares + 1e-12).sqrt()
    return (1.0 + distance + distance.square() / 3.0) * torch.exp(-distance)
