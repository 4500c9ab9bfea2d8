"""The default policy with one part of its surrogate left out, to see what the part is worth. Safety stays whole.

``without:PART`` among the policies of a comparison. What a part is left in for is said where the part is; what it brings is
in ``docs/evaluation/ablations.md``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final

import torch
from torch import Tensor

from optimizer.ask import Ask
from optimizer.errors import DataError, PolicyError
from optimizer.history import History
from optimizer.models.dataset import DTYPE, Points
from optimizer.models.hyperposterior import Memory
from optimizer.models.intensity import Intensity
from optimizer.models.joint import Joint
from optimizer.models.relief import StimulationRelief, Values
from optimizer.models.surrogate import Surrogate
from optimizer.policies.safe_bo import SafeBO, SafeBOSession
from optimizer.prior import NO_PRIOR, Prior
from optimizer.problem import Problem

UPHILL = 60
"""Steps towards the most probable hyperparameters."""
STEP = 0.05
"""Of each coordinate, in SD of its prior."""
N_BEGINNINGS = 256
"""Draws of the prior, the best of which it starts from: as many as the default moves."""
FLAT_SD = 2.0
"""SD of relief over settings, in points of ten, where no physiological mean stands behind it [A]."""

Part = Callable[[Joint], Joint]
"""What relates reports to hyperparameters, less the part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Without(SafeBO):
    """The default policy without one part."""

    part: Part

    def start(self, problem: Problem, *, prior: Prior = NO_PRIOR, seed: int = 0) -> SafeBOSession:
        """Begin on one course."""
        return _Session(
            problem=problem, prior=prior, seed=seed, name=self.name, memory=self.memory, part=self.part
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Session(SafeBOSession):
    part: Part

    def _joint(self, history: History, ask: Ask) -> Joint:
        return self.part(SafeBOSession._joint(self, history, ask))  # noqa: SLF001 - no super() with slots


class _CurrentAlone(Intensity):
    """Neither width nor rate nor place moves the limit current."""

    __slots__ = ()

    def log_limit_current(self, values: Values, points: Points) -> Tensor:
        at_start = self.start.take(torch.zeros(len(points), dtype=torch.int64))
        return Intensity.log_limit_current(self, values, replace(at_start, posture=points.posture))


class _EvenToTheEdges(StimulationRelief):
    """Relief falls nowhere past the limit current, and faint settings differ like any others."""

    __slots__ = ()

    def _past_limit(self, level: Tensor) -> Tensor:
        return torch.ones_like(level)

    def _log_felt(self, values: Values, level: Tensor) -> Tensor:
        return values["residual_sd"].log().expand_as(level)


class _MostProbable(Joint):
    """One set of hyperparameters, the most probable, in place of draws."""

    __slots__ = ()

    def sampled(self, seed: int, memory: Memory | None = None) -> Surrogate:  # noqa: ARG002
        generator = torch.Generator().manual_seed(seed)
        cloud = torch.randn(N_BEGINNINGS, self.hyperprior.size, generator=generator, dtype=DTYPE)
        return self.given(climbed(self, cloud), 1.0)


class _Flat(StimulationRelief):
    """No physiological mean: the process on the same inputs does all the work, and may be as large as the effect was."""

    __slots__ = ()

    def _goodness(self, values: Values, points: Points, level: Tensor) -> Tensor:  # noqa: ARG002
        return torch.zeros_like(level)


def _without_intensity(joint: Joint) -> Joint:
    relief, grades = _stimulated(joint), joint.grades
    intensity = _CurrentAlone(**_fields_of(relief.intensity))
    grades = None if grades is None else replace(grades, intensity=intensity)
    return replace(joint, relief=replace(relief, intensity=intensity), grades=grades)


def _without_edges(joint: Joint) -> Joint:
    return replace(joint, relief=_EvenToTheEdges(**_fields_of(_stimulated(joint))))


def _without_physiology(joint: Joint) -> Joint:
    relief = _Flat(**_fields_of(_stimulated(joint)))
    wide = joint.hyperprior.replaced({"residual_sd": (FLAT_SD * relief.scale.width / 10.0, 0.5)})
    return replace(joint, relief=relief, hyperprior=wide)


def _without_days(joint: Joint) -> Joint:
    return replace(joint, hyperprior=joint.hyperprior.replaced({"day_sd": (1e-3, 1e-3)}))


def _without_drift(joint: Joint) -> Joint:
    if "drift_sd" not in joint.hyperprior.beliefs:
        raise PolicyError("policy", "leaves out drift where the course expects none")
    return replace(joint, hyperprior=joint.hyperprior.replaced({"drift_sd": (1e-3, 1e-3)}))


def _without_thresholds(joint: Joint) -> Joint:
    data, none = joint.dataset, torch.empty(0, dtype=torch.int64)
    unmet = replace(data, rungs=data.rungs.take(none), thresholds=data.thresholds.take(none))
    return replace(joint, dataset=unmet)


def _without_integration(joint: Joint) -> Joint:
    return _MostProbable(**_fields_of(joint))


def climbed(joint: Joint, cloud: Tensor) -> Tensor:
    """Return the most probable hyperparameters, ``(1, h)``, climbed to from the best of some, as most libraries fit."""
    white = cloud[log_posterior(joint, cloud).argmax()][None].clone()
    with torch.enable_grad():
        white.requires_grad_()
        climber = torch.optim.Adam([white], lr=STEP)
        for _ in range(UPHILL):
            climber.zero_grad()
            (-log_posterior(joint, white).sum()).backward()
            climber.step()
    return white.detach()


def log_posterior(joint: Joint, white: Tensor) -> Tensor:
    """Return the log density of hyperparameters given the reports, ``(s,)``, up to a constant."""
    level = joint.log_likelihood(white) - 0.5 * white.square().sum(1)
    return torch.nan_to_num(level, nan=-torch.inf)


def _stimulated(joint: Joint) -> StimulationRelief:
    if not isinstance(joint.relief, StimulationRelief):
        raise PolicyError("policy", "leaves out a part that problems without stimulation do not have")
    return joint.relief


def _fields_of(whole: Intensity | StimulationRelief | Joint) -> dict[str, Any]:
    return {field.name: getattr(whole, field.name) for field in fields(whole)}


PARTS: Final[Mapping[str, Part]] = {
    "intensity": _without_intensity,
    "physiology": _without_physiology,
    "integration": _without_integration,
    "thresholds": _without_thresholds,
    "days": _without_days,
    "drift": _without_drift,
    "edges": _without_edges,
}


def without(part: str) -> Without:
    """Return the default policy without a part.

    Raises:
        DataError: If there is no such part.
    """
    if part not in PARTS:
        raise DataError("policies", "leave out a part that is not there", limit=", ".join(PARTS))
    return Without(name=f"without {part}", part=PARTS[part])
