"""The surrogate of relief as a fully Bayesian BoTorch model, so that BoTorch's acquisitions work on it unchanged.

Inputs are columns amplitude (mA), pulse width (us), rate (Hz), duty, configuration index; or, where the space has no
stimulation, grid steps along each parameter. Posteriors carry the ``s`` draws in dimension -3.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from botorch.models.model import FantasizeMixin, Model
from botorch.posteriors.fully_bayesian import GaussianMixturePosterior
from botorch.posteriors.posterior import Posterior
from gpytorch.distributions import MultivariateNormal
from torch import Tensor

from optimizer.models.dataset import DTYPE, Points
from optimizer.models.relief import MapRelief
from optimizer.models.surrogate import Surrogate

JITTER = 1e-8


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """Ratings that the surrogate was not given when it was fitted."""

    at: Tensor
    """``b x n x d`` inputs."""
    relief: Tensor
    """``... x b x s x n`` what was rated there; ``s`` may be one."""
    variance: Tensor
    """``... x s x n`` noise, to be broadcast likewise."""

    def and_then(self, other: "Observed") -> "Observed":
        """Return these ratings followed by others."""
        return Observed(
            at=_joined(self.at, other.at, trailing=2),
            relief=_joined(self.relief, other.relief, trailing=1),
            variance=_joined(self.variance, other.variance, trailing=1),
        )


class SurrogateModel(Model, FantasizeMixin):
    """A conditioned surrogate, and perhaps a few more ratings, as BoTorch knows a model."""

    _is_fully_bayesian = True
    _is_ensemble = True
    likelihood = None
    """None of GPyTorch's: the noise of a rating is a hyperparameter and differs by draw."""

    def __init__(self, surrogate: Surrogate, observed: Observed | None = None) -> None:
        """Wrap a conditioned surrogate.

        Args:
            surrogate: The patient's.
            observed: Ratings on top; see :meth:`condition_on_observations`.
        """
        super().__init__()
        self.surrogate = surrogate
        self.observed = observed

    @property
    def num_outputs(self) -> int:
        """Relief is one outcome."""
        return 1

    @property
    def batch_shape(self) -> torch.Size:
        """The draws last; before them the batches of what was observed on top."""
        draws = torch.Size([self.surrogate.n_draws])
        return draws if self.observed is None else _batch(self.observed.relief[..., 0], draws)

    def posterior(  # type: ignore[override] # the mixin knows fewer arguments than Model
        self,
        X: Tensor,  # noqa: N803 - BoTorch's name
        output_indices: list[int] | None = None,  # noqa: ARG002 - one outcome
        observation_noise: bool | Tensor = False,
        posterior_transform: Callable[[Posterior], Posterior] | None = None,
    ) -> Posterior:
        """Return the joint posterior at ``X`` as a mixture over draws.

        Args:
            X: ``b x q x d``, any number of batch dimensions.
            output_indices: Not used; there is one outcome.
            observation_noise: Whether of ratings rather than of relief; a tensor is their variance, ``b x q x 1``, the same under
                all draws, or ``b x s x q x 1``. Drift that a course expects is no part of either.
            posterior_transform: Applied last.

        Returns:
            The posterior, ``b x s x q x 1``.
        """
        mean, covariance = self._given(self.observed, X) if self.observed else self._joint(X)
        noise = torch.full_like(mean, JITTER)
        if isinstance(observation_noise, Tensor):
            shared = observation_noise.dim() <= X.dim()
            noise = noise + (observation_noise.unsqueeze(-3) if shared else observation_noise)[..., 0]
        elif observation_noise:
            noise = noise + self.surrogate.rating_variance
        posterior: Posterior = GaussianMixturePosterior(
            MultivariateNormal(mean, covariance + torch.diag_embed(noise))
        )
        return posterior if posterior_transform is None else posterior_transform(posterior)

    def condition_on_observations(
        self,
        X: Tensor,  # noqa: N803 - BoTorch's name
        Y: Tensor,  # noqa: N803 - BoTorch's name
        noise: Tensor | None = None,
        **kwargs: Any,  # noqa: ARG002 - BoTorch's signature
    ) -> "SurrogateModel":
        """Return the model given further ratings, exactly so under each draw.

        The hyperparameters are not drawn anew and their draws stay equally weighted: right for a look-ahead of a few
        ratings, while a history with new ratings is for ``fit``.

        Args:
            X: ``b x n x d`` where the ratings were given.
            Y: Their relief: ``b x n x 1``, the same for all draws, or ``f x b x s x n x 1`` as BoTorch's samplers give it.
            noise: Variance of the ratings, shaped to broadcast to ``Y``; as a rating's under each draw without it.
            **kwargs: Ignored.

        Returns:
            A model whose batch is that of ``Y``.
        """
        shared = Y.dim() <= X.dim()
        relief = (Y.unsqueeze(-3) if shared else Y)[..., 0]
        if noise is None:
            variance = self.surrogate.rating_variance.expand(-1, X.shape[-2])
        else:
            variance = (noise.unsqueeze(-3) if shared else noise)[..., 0].expand_as(relief)
        new = Observed(at=X, relief=relief, variance=variance)
        return SurrogateModel(self.surrogate, self.observed.and_then(new) if self.observed else new)

    def _given(self, observed: Observed, x: Tensor) -> tuple[Tensor, Tensor]:
        """Condition the joint posterior of what was observed and what is asked."""
        n = observed.at.shape[-2]
        mean, covariance = self._joint(_joined(observed.at, x, trailing=2))
        noisy = covariance[..., :n, :n] + torch.diag_embed(observed.variance + JITTER)
        cross = covariance[..., :n, n:]
        factor = torch.linalg.cholesky(noisy)
        root = torch.linalg.solve_triangular(factor, cross, upper=False)
        residual = (observed.relief - mean[..., :n])[..., None]
        white = torch.linalg.solve_triangular(factor, residual, upper=False)
        given = mean[..., n:] + (root.transpose(-1, -2) @ white)[..., 0]
        left = covariance[..., n:, n:] - root.transpose(-1, -2) @ root
        return given, left.expand(*given.shape, -1)

    def _joint(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and covariance at inputs ``b x q x d`` given the history alone, ``b x s x q (x q)``."""
        q = x.shape[-2]
        prediction = self.surrogate.predict(self.points(x.reshape(-1, x.shape[-1])))
        mean = prediction.mean.reshape(self.surrogate.n_draws, -1, q).transpose(0, 1)
        covariance = prediction.covariances(q).transpose(0, 1)
        shape = (*x.shape[:-2], self.surrogate.n_draws, q)
        return mean.reshape(shape), covariance.reshape(*shape, q)

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
                posture=blank.long(),
                rows=rows,
            )
        return Points(
            amplitude_ma=rows[:, 0],
            pulse_width_us=rows[:, 1],
            frequency_hz=rows[:, 2],
            duty=rows[:, 3],
            configuration=rows[:, 4].round().long(),
            posture=torch.zeros(len(rows), dtype=torch.int64),
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


def _batch(a: Tensor, shape: torch.Size) -> torch.Size:
    return torch.broadcast_shapes(a.shape, shape)


def _joined(a: Tensor, b: Tensor, *, trailing: int) -> Tensor:
    """Join along the dimension of ratings, the first of the trailing ones, after broadcasting the batches."""
    batch = torch.broadcast_shapes(a.shape[:-trailing], b.shape[:-trailing])
    parts = [part.expand(*batch, *part.shape[-trailing:]) for part in (a, b)]
    return torch.cat(parts, dim=-trailing)
