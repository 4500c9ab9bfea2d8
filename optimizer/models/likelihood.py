"""The density of a history's ratings given hyperparameters.

``s`` draws, ``n`` rows of ratings, ``g`` tabulated lengths of days.
"""

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from optimizer.models.dataset import DAY_LENGTHS, DTYPE, Dataset
from optimizer.models.hyperprior import Belief, log_normal
from optimizer.models.pooling import DRIFT
from optimizer.models.relief import Relief, Seen, Values
from optimizer.problem import Problem

BLOCK = 120_000
"""Entries of a batch of covariance matrices worked on at once: a megabyte stays in a core's cache, which is several
times faster than the whole batch, and memory stays flat for long histories."""


def drift_beliefs(problem: Problem) -> dict[str, Belief]:
    """Return what is believed of pain that changes slowly by itself; nothing where a course does not expect it.

    An SD of seven tenths of a point on 0 to 10, give or take a factor of two: assumed [A].
    """
    if problem.drift_expected is not True:
        return {}
    return {"drift_sd": log_normal(0.07 * problem.outcome.width, 0.6)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """What is not the settings, under each draw: rating noise, and days that resemble each other."""

    alike: Tensor
    """``(g, n, n)`` as of the dataset."""
    length: Tensor
    """``(s,)`` which of the tabulated lengths."""
    day: Tensor
    """``(s, 1, 1)`` variance of days."""
    rating: Tensor
    """``(s, n)`` variance of row means given their days."""
    drift: Tensor | None = None
    """``(s, 1, 1)`` variance of drift; None where none is expected."""

    def draws(self, which: slice) -> "Noise":
        """Return that under some of the draws."""
        drift = None if self.drift is None else self.drift[which]
        return replace(
            self, length=self.length[which], day=self.day[which], rating=self.rating[which], drift=drift
        )

    def added_to(self, covariance: Tensor) -> Tensor:
        """Add the covariance of the noise to a covariance ``(s, n, n)`` that nobody else holds."""
        covariance.addcmul_(self.alike.index_select(0, self.length), self.day)
        if self.drift is not None:
            covariance.addcmul_(self.alike[DRIFT], self.drift)
        covariance.diagonal(dim1=1, dim2=2).add_(self.rating)
        return covariance


def noise_of(values: Values, dataset: Dataset) -> Noise:
    """Return the noise of a dataset's row means."""
    return Noise(
        alike=dataset.alike,
        length=_nearest_length(values),
        day=_day_variance(values)[..., None],
        rating=values["noise_sd"].square() / dataset.n_reports[None, :] + 1e-6,
        drift=values["drift_sd"].square()[..., None] if "drift_sd" in values else None,
    )


def _log_scatter(values: Values, dataset: Dataset) -> Tensor:
    """Return the log density of how the ratings of each row scatter around their mean, ``(s, n)``, up to a constant.

    The squares of ``k`` ratings sum to ``v`` times a chi-square of ``k - 1`` degrees, ``v`` the noise and what of the days and
    of drift does not resemble each other.
    """
    rows = (dataset.n_reports > 1).nonzero()[:, 0]
    found = torch.zeros(len(values["noise_sd"]), len(dataset.relief), dtype=DTYPE)
    if len(rows):
        freedom = dataset.n_reports[rows] - 1.0
        alike = dataset.alike[:, rows, rows][_nearest_length(values)]
        apart = _day_variance(values) * (1.0 - alike)
        if "drift_sd" in values:
            apart = apart + values["drift_sd"].square() * (1.0 - dataset.alike[DRIFT, rows, rows])
        variance = values["noise_sd"].square() + apart * (freedom + 1.0) / freedom + 1e-6
        found[:, rows] = -0.5 * (dataset.scatter[rows] / variance + freedom * variance.log())
    return found


def _day_variance(values: Values) -> Tensor:
    return values["day_sd"].square()


def _nearest_length(values: Values) -> Tensor:
    """Return which of the tabulated lengths is nearest to each draw's, ``(s,)``."""
    return (values["day_length"] / DAY_LENGTHS[None, :]).log().abs().argmin(1)


def log_densities(relief: Relief, values: Values, dataset: Dataset) -> Tensor:
    """Return the log density of each row of ratings given those before it, and hyperparameters, ``(s, n)``.

    Args:
        relief: The prior over response surfaces.
        values: ``s`` draws of the hyperparameters.
        dataset: The ratings.

    Returns:
        Minus infinity where a covariance cannot be factorised.
    """
    n, s = len(dataset.relief), len(values["noise_sd"])
    if n == 0:
        return torch.zeros(s, 0, dtype=DTYPE)
    seen, noise = relief.at(values, dataset.points), noise_of(values, dataset)
    found = [
        _log_normal(relief, seen.draws(part), noise.draws(part), dataset.relief) for part in blocks(s, n * n)
    ]
    return torch.cat(found) + _log_scatter(values, dataset)


def factorised(relief: Relief, seen: Seen, noise: Noise) -> tuple[Tensor, Tensor]:
    """Return the Cholesky factor of the covariance of row means, ``(s, n, n)``, and where there is none, ``(s,)`` not zero."""
    factor, failed = torch.linalg.cholesky_ex(noise.added_to(relief.covariance(seen.inputs, seen.inputs)))
    return factor, failed


def blocks(n_draws: int, entries: int) -> list[slice]:
    """Return which draws to work on at a time, so few that matrices of so many entries stay in the cache; one part at least."""
    size = max(1, BLOCK // max(1, entries))
    return [slice(first, first + size) for first in range(0, max(n_draws, 1), size)]


def _log_normal(relief: Relief, seen: Seen, noise: Noise, ratings: Tensor) -> Tensor:
    """Return the log density of each row mean given those before it, ``(s, n)``.

    A row of the Cholesky factor is the regression on the rows before: its last entry is the SD that is left, and the
    whitened residual is what that regression leaves. Minus infinity where the covariance cannot be factorised.
    """
    factor, failed = factorised(relief, seen, noise)
    white = torch.linalg.solve_triangular(factor, (ratings - seen.mean)[..., None], upper=False)[..., 0]
    value = -0.5 * white.square() - factor.diagonal(dim1=-2, dim2=-1).log() - 0.5 * math.log(2 * math.pi)
    return torch.where((failed == 0)[:, None], value, -torch.inf)
