"""Noise-aware improvement: what one more noisy rating is expected to be worth, not how good a setting might be.

    I(x) = s h(m / s),   h(z) = z Phi(z) + phi(z),   s = cov(u(x) - u(best), y(x)) / sd(y(x))

``m`` is the expected utility over that of the best tried settings, ``s`` how far a rating of ``x`` can move it. Where the
rating noise drowns the difference ``s`` is small, so the search does not chase what it could not see; hyperparameters
disagree between draws, and that disagreement is part of what a rating can settle. Where drift is expected it is left out here:
it is the same for a candidate and for the best tried settings.

Source:
    The one-step value of information of Frazier, Powell and Dayanik (2009), The knowledge-gradient policy for correlated
    normal beliefs, INFORMS J. Comput. 21(4), 599-613, for two alternatives (the candidate and the best tried settings),
    with the mixture over draws matched by its first two moments.
"""

import math

import torch
from torch import Tensor

from optimizer.models.dataset import DTYPE, Points
from optimizer.models.surrogate import Surrogate
from optimizer.problem import Problem

SURFACES = slice(None, None, 2)
"""The draws under which response surfaces are drawn."""


def bother(problem: Problem, surrogate: Surrogate, points: Points) -> Tensor:
    """Return the relief given up for tolerable side effects, ``(s, c)``."""
    weight = problem.objective.bother_weight * problem.outcome.point
    return weight * surrogate.expected_grade(points)


def utility(problem: Problem, surrogate: Surrogate, points: Points) -> Tensor:
    """Return expected relief less bother, ``(s, c)``."""
    return surrogate.expected(points) - bother(problem, surrogate, points)


def best_of(tried: Points, worth: Tensor) -> Points:
    """Return the tried point with the highest mean utility, which improvement is measured against.

    Args:
        tried: At least one point.
        worth: ``(s, c)`` their utility.

    Returns:
        One point.
    """
    return tried.take(worth.mean(0).argmax()[None])


def expected_improvement(problem: Problem, surrogate: Surrogate, best: Points, points: Points) -> Tensor:
    """Return the expected gain from rating each point once and then keeping the better, ``(c,)``, in points."""
    compared = surrogate.compare(points, best)
    gain = compared.gain - bother(problem, surrogate, points) + bother(problem, surrogate, best)
    covariance = compared.covariance.mean(0) + _covariance(gain, compared.mean)
    relief = compared.variance.mean(0) + _covariance(compared.mean, compared.mean)
    rating = relief + surrogate.rating_variance.mean()
    return _positive_part(gain.mean(0), covariance.abs() / rating.sqrt())


def remaining_gain(
    problem: Problem, surrogate: Surrogate, best: Points, points: Points, generator: torch.Generator
) -> float:
    """Return the expected gain were the true utility of all points known: what a perfect further search would bring.

    One rating can settle little of it, so this, not :func:`expected_improvement`, decides whether to stop.

    Args:
        problem: Declares the utility.
        surrogate: Conditioned on the history.
        best: What is kept without further search.
        points: ``c`` settings, in reach or not; a hundred or so, as their joint covariance is factorised.
        generator: Of two response surfaces, mirror images, under each of some draws.

    Returns:
        Expected regret of the best, in points; zero or more.
    """
    everywhere = points.joined(best)
    some = surrogate.draws(SURFACES)
    noise = torch.randn(some.n_draws, len(everywhere), 1, generator=generator, dtype=DTYPE)
    # every surface and its mirror image: their errors cancel, and a factorisation is what a surface costs
    surfaces = some.surfaces(everywhere, torch.cat([noise, -noise], dim=-1))
    worth = surfaces - bother(problem, some, everywhere)[..., None]
    if problem.tolerability is not None:
        # what turns out intolerable brings nothing
        used = some.used(points, problem.postures)
        grade = torch.stack([some.expected_grade(there) for there in used]).amax(0)
        intolerable = grade > problem.tolerability.limit_grade
        worth[:, :-1] = worth[:, :-1].masked_fill(intolerable[..., None], -torch.inf)
    return float((worth[:, :-1].max(dim=1).values - worth[:, -1]).clamp_min(0.0).mean())


def _positive_part(mean: Tensor, sd: Tensor) -> Tensor:
    """Return ``E[max(g, 0)]`` of a normal gain."""
    sd = sd.clamp_min(1e-6)
    z = mean / sd
    return sd * (torch.exp(-0.5 * z.square()) / math.sqrt(2 * math.pi) + z * torch.special.ndtr(z))


def _covariance(a: Tensor, b: Tensor) -> Tensor:
    """Covariance between draws, ``(c,)``."""
    return ((a - a.mean(0)) * (b - b.mean(0))).mean(0)
