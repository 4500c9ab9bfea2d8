"""Settings against those in force: what is expected of the change, and on which reports that rests."""

import math
from itertools import pairwise

import numpy as np
import torch
from scipy.optimize import brentq
from scipy.special import ndtr
from torch import Tensor

from optimizer.acquisition.improvement import bother
from optimizer.decision import Influence, Interval
from optimizer.errors import FitError
from optimizer.models.dataset import Points, points_of
from optimizer.models.surrogate import Prediction, Surrogate
from optimizer.problem import Problem
from optimizer.space.search_space import Indices
from optimizer.space.settings import Settings

CENTRAL = 0.90
"""Share of the predictive distribution an interval covers."""
EXACT = 1e-9
"""To how much of a point the ends of an interval are found."""
MOST_INFLUENCES = 5


def interval(mean: Tensor, sd: Tensor) -> Interval:
    """Return mean and central interval of an equally weighted mixture of normals.

    Args:
        mean: ``(s,)``
        sd: ``(s,)``

    Returns:
        Mean, and the quantiles that leave the same share on either side; by Brent's method on the mixture's distribution.

    Raises:
        FitError: If a mean or SD is no number, or no SD is above zero.
    """
    tail = (1 - CENTRAL) / 2
    centres, widths = mean.numpy(), sd.numpy()
    lowest, highest = float((centres - 6 * widths).min()), float((centres + 6 * widths).max())
    if not 0.0 < highest - lowest < math.inf:
        raise FitError("history", "gives a prediction that is no number", remedy="Review the reports.")

    def beyond(value: float, level: float) -> float:
        return float(ndtr((value - centres) / widths).mean()) - level

    low, high = (
        float(brentq(beyond, lowest, highest, args=(level,), xtol=EXACT)) for level in (tail, 1 - tail)
    )
    return Interval(mean=float(mean.mean()), low=low, high=high)


def gain_over(problem: Problem, surrogate: Surrogate, reference: Settings, point: Indices) -> Interval:
    """Return the expected change of relief at a grid point, ``(d,)``, against other settings."""
    _, relief, sd = _apart(problem, surrogate, reference, point)
    return interval(relief, sd)


def gains_over(
    problem: Problem, surrogate: Surrogate, reference: Settings, point: Indices
) -> tuple[Interval, Interval]:
    """Return the expected change of relief, and of utility: of relief less what tolerable side effects bother."""
    both, relief, sd = _apart(problem, surrogate, reference, point)
    before, after = bother(problem, surrogate, both).T
    return interval(relief, sd), interval(relief - after + before, sd)


def _apart(
    problem: Problem, surrogate: Surrogate, reference: Settings, point: Indices
) -> tuple[Points, Tensor, Tensor]:
    """Return other settings and a grid point together, and mean and SD of how far their relief is apart, ``(s,)`` each."""
    points = points_of(problem, np.array([reference.indices, point], dtype=np.int64))
    both = surrogate.predict(points)
    mean, variance = both.at(1).gain_over(both.at(0))
    return points, mean[:, 0], variance[:, 0].sqrt()


def report_interval(problem: Problem, mean: Tensor, variance: Tensor) -> Interval:
    """Return a predicted report at one point, as of ``Surrogate.report``, on the outcome's own scale and inside it."""
    relief = interval(mean[:, 0], variance[:, 0].sqrt())
    ends = sorted(problem.objective.outcome(value, problem.outcome) for value in (relief.low, relief.high))
    clipped = [min(max(end, problem.outcome.low), problem.outcome.high) for end in ends]
    middle = problem.objective.outcome(relief.mean, problem.outcome)
    return Interval(mean=min(max(middle, clipped[0]), clipped[1]), low=clipped[0], high=clipped[1])


def rating_probabilities(problem: Problem, mean: Tensor, variance: Tensor) -> tuple[float, ...]:
    """Return the probability of each whole number of the scale in a predicted report at one point, as of ``Surrogate.report``.

    Returns:
        One entry a number, lowest first; a number stands for half a point either side, the ends for all that lies past
        them. Empty where the scale has fractions.
    """
    scale = problem.outcome
    if not scale.whole:
        return ()
    sd = variance[:, 0].sqrt()
    below = [0.0]
    for step in range(round(scale.width)):
        edge = problem.objective.relief(scale.low + step + 0.5, scale)
        reached = float(torch.special.ndtr((edge - mean[:, 0]) / sd).mean())
        below.append(reached if scale.larger_is_better else 1.0 - reached)
    return tuple(max(0.0, high - low) for low, high in pairwise((*below, 1.0)))


def grade_interval(surrogate: Surrogate, prediction: Prediction) -> Interval | None:
    """Return the predicted side-effect report at one point, noise included, or None where it does not apply."""
    if surrogate.grades is None:
        return None
    grade = surrogate.expected_grade(prediction.points)[:, 0]
    found = interval(grade, surrogate.values["grade_noise"][:, 0])
    return Interval(mean=found.mean, low=min(max(found.low, 0.0), 10.0), high=max(min(found.high, 10.0), 0.0))


def influences(surrogate: Surrogate, prediction: Prediction) -> tuple[Influence, ...]:
    """Return the reports that carried the prediction at one point: shares of the absolute kriging weights."""
    if len(surrogate.dataset.relief) == 0:
        return ()
    weights = torch.linalg.solve_triangular(
        surrogate.factor.transpose(1, 2), prediction.root[:, :, :1], upper=True
    )
    share = weights[..., 0].abs().mean(0)
    share = share / share.sum().clamp_min(1e-12)
    order = sorted(range(len(share)), key=lambda i: (-float(share[i]), i))[:MOST_INFLUENCES]
    return tuple(
        Influence(report_id=report, weight=float(share[i]) / len(surrogate.dataset.report_ids[i]))
        for i in order
        for report in surrogate.dataset.report_ids[i]
        if math.isfinite(float(share[i]))
    )
