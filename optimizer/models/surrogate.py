"""The surrogate of one patient: equally weighted draws, conditioned on the reports, and the same as a BoTorch model."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from botorch.models.model import Model
from botorch.posteriors.fully_bayesian import GaussianMixturePosterior
from botorch.posteriors.posterior import Posterior
from gpytorch.distributions import MultivariateNormal
from torch import Tensor

from optimizer.errors import FitError
from optimizer.models import hyperposterior
from optimizer.models.dataset import DTYPE, Dataset, Points, points_of
from optimizer.models.hyperprior import Hyperprior
from optimizer.models.intensity import Intensity, intensity_of
from optimizer.models.relief import MapRelief, Relief, log_marginal, noise_covariance, relief_of
from optimizer.models.tolerability import Grades
from optimizer.prior import Prior
from optimizer.problem import Problem

BLOCK = 250_000
"""Entries of a batch of covariance matrices worked on at once: a megabyte stays in a core's cache, which is several
times faster than the whole batch, and memory stays flat for long histories."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surrogate:
    """Relief and side effects of one patient, given the history. ``s`` draws, ``n`` trials, ``c`` points."""

    dataset: Dataset
    values: dict[str, Tensor]
    """Hyperparameters, ``(s, 1)`` each."""
    relief: Relief
    grades: Grades | None
    """None where tolerability does not apply."""
    factor: Tensor
    """``(s, n, n)`` Cholesky factor of the covariance of the ratings."""
    white: Tensor
    """``(s, n, 1)`` whitened residuals of the ratings."""
    effective_sample_size: float

    @property
    def n_draws(self) -> int:
        """Number of draws ``s``."""
        return len(self.values["noise_sd"])

    def predict(self, points: Points) -> "Prediction":
        """Return the posterior of relief at points, draw by draw."""
        cross = self.relief.covariance(self.values, self.dataset.points, points)
        root = torch.linalg.solve_triangular(self.factor, cross, upper=False)
        mean = self.relief.mean(self.values, points) + (root * self.white).sum(1)
        return Prediction(surrogate=self, points=points, mean=mean, root=root)

    def compare(self, points: Points, reference: Points) -> "Comparison":
        """Return the posterior of relief at many points beside one other, some draws at a time."""
        found = []
        size = max(1, BLOCK // max(1, len(self.dataset.relief) * len(points)))
        for first in range(0, self.n_draws, size):
            part = self.draws(slice(first, first + size))
            there, other = part.predict(points), part.predict(reference)
            variance = there.variance
            found.append((there.mean, variance, *there.difference(other, variance)))
        mean, variance, gain, gain_variance = (torch.cat(parts) for parts in zip(*found, strict=True))
        return Comparison(mean=mean, variance=variance, gain=gain, gain_variance=gain_variance)

    def draws(self, which: slice) -> "Surrogate":
        """Return the surrogate of some of the draws."""
        return replace(
            self,
            values={name: value[which] for name, value in self.values.items()},
            factor=self.factor[which],
            white=self.white[which],
        )

    def expected_grade(self, points: Points) -> Tensor:
        """Return the expected side-effect grade, ``(s, c)``; zeros where tolerability does not apply."""
        if self.grades is None:
            return torch.zeros(self.n_draws, len(points), dtype=DTYPE)
        return self.grades.expected(self.values, points)

    def p_intolerable(self, points: Points) -> Tensor:
        """Return the probability of an intolerable report, over draws and noise, ``(c,)``."""
        if self.grades is None:
            return torch.zeros(len(points), dtype=DTYPE)
        return self.grades.p_intolerable(self.values, points).mean(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """Posterior of relief at ``c`` points under each of ``s`` draws."""

    surrogate: Surrogate
    points: Points
    mean: Tensor
    """``(s, c)``"""
    root: Tensor
    """``(s, n, c)``: whitened covariance with the ratings."""

    @property
    def variance(self) -> Tensor:
        """Return the marginal variance, ``(s, c)``."""
        prior = self.surrogate.relief.variance(self.surrogate.values, self.points)
        return (prior - self.root.square().sum(1)).clamp_min(1e-10)

    def covariance(self) -> Tensor:
        """Return the joint covariance, ``(s, c, c)``."""
        prior = self.surrogate.relief.covariance(self.surrogate.values, self.points, self.points)
        return prior - self.root.transpose(1, 2) @ self.root

    def gain_over(self, reference: "Prediction") -> tuple[Tensor, Tensor]:
        """Return mean and variance of the difference in relief to one other point, ``(s, c)`` each.

        Args:
            reference: Prediction at one point.
        """
        return self.difference(reference, self.variance)

    def difference(self, reference: "Prediction", variance: Tensor) -> tuple[Tensor, Tensor]:
        """As :meth:`gain_over`, given the variance here, ``(s, c)``."""
        prior = self.surrogate.relief.covariance(self.surrogate.values, self.points, reference.points)
        shared = (prior - self.root.transpose(1, 2) @ reference.root)[..., 0]
        return self.mean - reference.mean, (variance + reference.variance - 2.0 * shared).clamp_min(1e-10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Relief of ``c`` points beside that of one other, under each of ``s`` draws; ``(s, c)`` each."""

    mean: Tensor
    variance: Tensor
    gain: Tensor
    """Expected difference to the other point."""
    gain_variance: Tensor


def fit(problem: Problem, dataset: Dataset, start: Points, *, prior: Prior, seed: int) -> Surrogate:
    """Condition the surrogate on a dataset.

    Args:
        problem: Declares space, outcomes, tolerability.
        dataset: From ``dataset_of``.
        start: One point: where the course started.
        prior: Population's mean and hyperparameters.
        seed: Of the draws.

    Returns:
        The surrogate.

    Raises:
        FitError: If no hyperparameters explain the reports, or a factorisation failed.
    """
    intensity = intensity_of(problem, start)
    relief = relief_of(problem, intensity, _population(problem, prior), prior.weight)
    grades = _grades(problem, intensity)
    beliefs = dict(relief.beliefs)
    if problem.has_stimulation:
        beliefs |= intensity.beliefs
    if grades is not None:
        beliefs |= grades.beliefs
    hyperprior = Hyperprior(beliefs).replaced(prior.hyperparameters)
    generator = torch.Generator().manual_seed(seed)

    def log_likelihood(white: Tensor) -> Tensor:
        values = hyperprior.values(white)
        level = log_marginal(relief, values, dataset)
        return level if grades is None else level + grades.log_likelihood(values, dataset)

    draws = hyperposterior.draw(_in_chunks(log_likelihood, len(dataset.relief)), hyperprior.size, generator)
    return _condition(dataset, hyperprior.values(draws.white), relief, grades, draws.effective_sample_size)


def _condition(
    dataset: Dataset, values: dict[str, Tensor], relief: Relief, grades: Grades | None, effective: float
) -> Surrogate:
    covariance = relief.covariance(values, dataset.points, dataset.points) + noise_covariance(values, dataset)
    factor, failed = torch.linalg.cholesky_ex(covariance)
    if bool((failed != 0).any()):
        raise FitError(
            "history", "gives a covariance that cannot be factorised", remedy="Review the reports."
        )
    residual = (dataset.relief[None, :] - relief.mean(values, dataset.points))[..., None]
    return Surrogate(
        dataset=dataset,
        values=values,
        relief=relief,
        grades=grades,
        factor=factor,
        white=torch.linalg.solve_triangular(factor, residual, upper=False),
        effective_sample_size=effective,
    )


def _in_chunks(log_likelihood: Callable[[Tensor], Tensor], n: int) -> Callable[[Tensor], Tensor]:
    size = max(1, BLOCK // max(1, n * n))

    def chunked(white: Tensor) -> Tensor:
        return torch.cat([log_likelihood(part) for part in white.split(size)])

    return chunked


def _grades(problem: Problem, intensity: Intensity) -> Grades | None:
    if problem.tolerability is None or not problem.has_stimulation:
        return None
    whole = all(effect.scale.whole for effect in problem.side_effects)
    return Grades(intensity=intensity, tolerability=problem.tolerability, whole=whole)


def _population(problem: Problem, prior: Prior) -> Tensor | None:
    """The prior's mean as rows of the unit cube in grid steps; problems with stimulation take hyperparameters only."""
    if not prior.points or problem.has_stimulation:
        return None
    rows = points_of(problem, np.array(prior.points, dtype=np.int64)).rows
    return torch.cat([rows, torch.tensor(prior.values, dtype=DTYPE)[:, None]], dim=1)


class SurrogateModel(Model):
    """The surrogate of relief as a fully Bayesian BoTorch model, so that BoTorch's acquisitions work on it unchanged.

    Inputs are columns amplitude (mA), pulse width (us), rate (Hz), duty, configuration index; or, where the space has no
    stimulation, grid steps along each parameter. Posteriors carry the draws in dimension -3.
    """

    _is_fully_bayesian = True
    _is_ensemble = True

    def __init__(self, surrogate: Surrogate) -> None:
        """Wrap a conditioned surrogate."""
        super().__init__()
        self.surrogate = surrogate

    @property
    def num_outputs(self) -> int:
        """Relief is one outcome."""
        return 1

    @property
    def batch_shape(self) -> torch.Size:
        """One batch dimension: the draws."""
        return torch.Size([self.surrogate.n_draws])

    def posterior(
        self,
        X: Tensor,  # noqa: N803 - BoTorch's name
        output_indices: list[int] | None = None,  # noqa: ARG002 - one outcome
        observation_noise: bool | Tensor = False,
        posterior_transform: Callable[[Posterior], Posterior] | None = None,
    ) -> Posterior:
        """Return the joint posterior at ``X``, ``batch x q x d``, as a mixture over draws, ``batch x s x q x 1``."""
        if X.dim() > 2 and X.shape[-3] == 1:
            X = X.squeeze(-3)  # noqa: N806 - ensemble-aware acquisitions insert the dimension of the draws
        flat = X.reshape(-1, X.shape[-2], X.shape[-1])
        means, covariances = [], []
        for points in map(self.points, flat):
            prediction = self.surrogate.predict(points)
            means.append(prediction.mean)
            covariances.append(prediction.covariance())
        q = X.shape[-2]
        shape = (*X.shape[:-2], self.surrogate.n_draws, q)
        covariance = torch.stack(covariances).reshape(*shape, q) + 1e-8 * torch.eye(q, dtype=DTYPE)
        if observation_noise is True:
            noise = self.surrogate.values["noise_sd"].square()[..., None]
            covariance = covariance + noise * torch.eye(q, dtype=DTYPE)
        posterior: Posterior = GaussianMixturePosterior(
            MultivariateNormal(torch.stack(means).reshape(shape), covariance)
        )
        return posterior if posterior_transform is None else posterior_transform(posterior)

    def points(self, rows: Tensor) -> Points:
        """Return BoTorch rows, ``(q, d)``, as points."""
        if isinstance(self.surrogate.relief, MapRelief):
            blank = torch.zeros(len(rows), dtype=DTYPE)
            return Points(
                amplitude_ma=blank,
                pulse_width_us=blank + 300.0,
                frequency_hz=blank + 40.0,
                duty=blank + 1.0,
                configuration=blank.long(),
                rows=rows,
            )
        return Points(
            amplitude_ma=rows[:, 0],
            pulse_width_us=rows[:, 1],
            frequency_hz=rows[:, 2],
            duty=rows[:, 3],
            configuration=rows[:, 4].round().long(),
            rows=rows[:, :0],
        )

    @staticmethod
    def rows(points: Points) -> Tensor:
        """Return points as BoTorch rows; the inverse of :meth:`points`."""
        if points.rows.shape[1]:
            return points.rows
        return torch.stack(
            [
                points.amplitude_ma,
                points.pulse_width_us,
                points.frequency_hz,
                points.duty,
                points.configuration.to(DTYPE),
            ],
            dim=1,
        )
