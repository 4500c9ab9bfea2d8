"""Noise-aware expected improvement: over what the tried settings are believed to be worth, not over what was reported.

    EI(x) = mean over draws of E[max(u(x) - u(best tried), 0)]

The best tried settings are chosen draw by draw from posterior means and their uncertainty is part of the improvement, so
a lucky rating does not raise the bar.

Source:
    Expected improvement with a noisy incumbent in the spirit of Letham et al. (2019), Constrained Bayesian optimization
    with noisy experiments, Bayesian Analysis 14(2), 495-519; the incumbent is the per-draw posterior mean's maximiser,
    which needs no quadrature.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from optimizer.models.dataset import Points
from optimizer.models.surrogate import Prediction, Surrogate
from optimizer.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Incumbents:
    """The tried settings that may be kept, and the best of them under each draw."""

    prediction: Prediction
    utility: Tensor
    """``(s, k)`` expected utility of each tried point."""
    chosen: Tensor
    """``(s,)`` index of the best."""


def utility(problem: Problem, surrogate: Surrogate, prediction: Prediction) -> Tensor:
    """Return relief less the points given up for tolerable side effects, ``(s, c)``."""
    bother = problem.objective.bother_weight * surrogate.expected_grade(prediction.points)
    return prediction.mean - bother


def incumbents(problem: Problem, surrogate: Surrogate, tried: Points) -> Incumbents:
    """Return what improvement is measured against; ``tried`` holds at least one point."""
    prediction = surrogate.predict(tried)
    worth = utility(problem, surrogate, prediction)
    return Incumbents(prediction=prediction, utility=worth, chosen=worth.argmax(dim=1))


def expected_improvement(problem: Problem, surrogate: Surrogate, best: Incumbents, points: Points) -> Tensor:
    """Return the expected gain of utility over the best tried settings, ``(c,)``, in points."""
    prediction = surrogate.predict(points)
    mean, variance = prediction.gain_over(best.prediction, best.chosen)
    draws = torch.arange(surrogate.n_draws)
    bother = problem.objective.bother_weight * surrogate.expected_grade(points)
    bother_best = problem.objective.bother_weight * surrogate.expected_grade(best.prediction.points)
    mean = mean - bother + bother_best[draws, best.chosen][:, None]
    sd = variance.sqrt()
    z = mean / sd
    density = torch.exp(-0.5 * z.square()) / math.sqrt(2 * math.pi)
    return (sd * (density + z * torch.special.ndtr(z))).mean(0)
