"""What BoTorch expects of a model: batch shapes, precision, gradients, further and pending ratings."""

import numpy as np
import pytest
import torch
from botorch.acquisition.logei import qLogNoisyExpectedImprovement
from botorch.models.model import Model
from botorch.posteriors.fully_bayesian import GaussianMixturePosterior
from botorch.sampling.normal import SobolQMCNormalSampler
from torch import Tensor

from optimizer.models.botorch_model import SurrogateModel
from optimizer.models.dataset import points_of
from optimizer.models.surrogate import Surrogate
from optimizer.problem import Problem
from tests.optimizer.models.courses import ROWS, START, conditioned, indices, tonic


@pytest.fixture(scope="module")
def problem() -> Problem:
    return tonic()


@pytest.fixture(scope="module")
def surrogate(problem: Problem) -> Surrogate:
    # a few draws: shapes and formulas do not depend on their number
    return conditioned(problem, ROWS).draws(slice(0, 8))


@pytest.fixture(scope="module")
def model(surrogate: Surrogate) -> SurrogateModel:
    return SurrogateModel(surrogate)


def rows(problem: Problem, n: int, seed: int = 0) -> Tensor:
    return SurrogateModel.rows(points_of(problem, problem.space.draw(np.random.default_rng(seed), n)))


def at(model: Model, x: Tensor, *, noise: bool | Tensor = False) -> GaussianMixturePosterior:
    posterior = model.posterior(x, observation_noise=noise)
    assert isinstance(posterior, GaussianMixturePosterior)
    return posterior


def acquisition(model: SurrogateModel, tried: Tensor, pending: Tensor | None) -> qLogNoisyExpectedImprovement:
    sampler = SobolQMCNormalSampler(torch.Size([64]), seed=0)
    return qLogNoisyExpectedImprovement(
        model, X_baseline=tried, sampler=sampler, prune_baseline=False, X_pending=pending
    )


@pytest.mark.parametrize("batch", [(), (1,), (3,), (2, 3), (2, 1)])
def test_batches_of_inputs_come_before_the_draws(
    problem: Problem, model: SurrogateModel, batch: tuple[int, ...]
) -> None:
    x = rows(problem, 12)[: int(np.prod(batch, dtype=int)) * 2].reshape(*batch, 2, 5)
    posterior = at(model, x)
    assert posterior.mean.shape == (*batch, 8, 2, 1)
    assert posterior.variance.shape == (*batch, 8, 2, 1)
    assert posterior.rsample(torch.Size([4])).shape == (4, *batch, 8, 2, 1)
    assert posterior.mean.dtype is torch.float64
    first = at(model, x.reshape(-1, 2, 5)[0])
    assert torch.allclose(posterior.mean.reshape(-1, 8, 2, 1)[0], first.mean)


def test_the_posterior_is_the_mixture_over_draws(
    problem: Problem, surrogate: Surrogate, model: SurrogateModel
) -> None:
    points = points_of(problem, problem.space.draw(np.random.default_rng(3), 3))
    posterior = at(model, model.rows(points))
    prediction = surrogate.predict(points)
    assert torch.allclose(posterior.mean[..., 0], prediction.mean)
    assert torch.allclose(posterior.mixture_mean[:, 0], prediction.mean.mean(0))


def test_a_rating_varies_by_its_own_noise_and_its_days(
    problem: Problem, surrogate: Surrogate, model: SurrogateModel
) -> None:
    x = rows(problem, 3)
    extra = at(model, x, noise=True).variance - at(model, x).variance
    values = surrogate.values
    expected = values["noise_sd"].square() + values["day_sd"].square()
    assert torch.allclose(extra[..., 0], expected.expand(-1, 3))
    given = torch.full((8, 3, 1), 0.7, dtype=torch.float64)
    extra = at(model, x, noise=given).variance - at(model, x).variance
    assert torch.allclose(extra, given)


def test_gradients_reach_the_inputs_and_are_right(problem: Problem, model: SurrogateModel) -> None:
    x = SurrogateModel.rows(points_of(problem, indices(problem, {**START, "frequency_hz": 50.0})))

    def mean_and_variance(continuous: Tensor) -> Tensor:
        posterior = at(model, torch.cat([continuous, x[:, 4:]], dim=1))
        return torch.cat([posterior.mean, posterior.variance])

    assert torch.autograd.gradcheck(mean_and_variance, (x[:, :4].clone().requires_grad_(True),), atol=1e-4)


def test_further_ratings_condition_each_draw_exactly(
    problem: Problem, surrogate: Surrogate, model: SurrogateModel
) -> None:
    known, asked = rows(problem, 2, seed=1), rows(problem, 3, seed=2)
    ratings = torch.tensor([[-3.0], [-6.0]], dtype=torch.float64)
    posterior = at(model.condition_on_observations(known, ratings), asked)
    joint = surrogate.predict(model.points(torch.cat([known, asked])))
    noise = (surrogate.values["noise_sd"] ** 2 + surrogate.values["day_sd"] ** 2)[..., None]
    prior = joint.covariance()
    gain = prior[:, 2:, :2] @ torch.linalg.inv(prior[:, :2, :2] + noise * torch.eye(2, dtype=torch.float64))
    mean = joint.mean[:, 2:, None] + gain @ (ratings - joint.mean[:, :2, None])
    covariance = prior[:, 2:, 2:] - gain @ prior[:, :2, 2:]
    assert torch.allclose(posterior.mean, mean, atol=1e-6)
    assert torch.allclose(posterior.distribution.covariance_matrix, covariance, atol=1e-6)


def test_ratings_one_after_the_other_are_the_same_as_at_once(problem: Problem, model: SurrogateModel) -> None:
    known, asked = rows(problem, 2, seed=1), rows(problem, 3, seed=2)
    ratings = torch.tensor([[-3.0], [-6.0]], dtype=torch.float64)
    at_once = at(model.condition_on_observations(known, ratings), asked)
    first = model.condition_on_observations(known[:1], ratings[:1])
    in_turn = at(first.condition_on_observations(known[1:], ratings[1:]), asked)
    assert torch.allclose(at_once.mean, in_turn.mean, atol=1e-6)
    assert torch.allclose(at_once.variance, in_turn.variance, atol=1e-6)


def test_a_quiet_rating_pins_relief_where_it_was_given(problem: Problem, model: SurrogateModel) -> None:
    known = rows(problem, 1)
    rating = torch.tensor([[-2.0]], dtype=torch.float64)
    pinned = model.condition_on_observations(known, rating, noise=torch.full_like(rating, 1e-6))
    assert torch.allclose(at(pinned, known).mean, torch.tensor(-2.0, dtype=torch.float64), atol=1e-3)


def test_fantasies_come_first_and_agree_with_the_model_on_average(
    problem: Problem, model: SurrogateModel
) -> None:
    sampler = SobolQMCNormalSampler(torch.Size([64]), seed=0)
    x, asked = rows(problem, 6).reshape(3, 2, 5), rows(problem, 4, seed=5)
    fantasies = model.fantasize(x, sampler)
    assert fantasies.batch_shape == (64, 3, 8)
    posterior = at(fantasies, asked.expand(64, 3, 4, 5))
    assert posterior.mean.shape == (64, 3, 8, 4, 1)
    prior = at(model, asked)
    assert torch.allclose(posterior.mean.mean(0), prior.mean.expand(3, 8, 4, 1), atol=0.1)
    assert bool((posterior.variance <= prior.variance + 1e-6).all())


@pytest.mark.parametrize("n", [1, 5])
def test_noisy_improvement_values_each_candidate_alone(
    problem: Problem, surrogate: Surrogate, model: SurrogateModel, n: int
) -> None:
    tried = model.rows(surrogate.dataset.points)
    value = acquisition(model, tried, None)(rows(problem, n)[:, None, :])
    assert value.shape == (n,)
    assert bool(torch.isfinite(value).all())


def test_a_pending_point_takes_the_worth_from_its_repetition(
    problem: Problem, surrogate: Surrogate, model: SurrogateModel
) -> None:
    tried, candidates = model.rows(surrogate.dataset.points), rows(problem, 3, seed=4)[:, None, :]
    alone = acquisition(model, tried, None)(candidates)
    pending = acquisition(model, tried, candidates[0])(candidates)
    lost = alone - pending
    assert float(lost[0]) > 1.0
    assert int(lost.argmax()) == 0


def test_the_gradient_of_an_acquisition_is_finite(
    problem: Problem, surrogate: Surrogate, model: SurrogateModel
) -> None:
    tried = model.rows(surrogate.dataset.points)
    x = rows(problem, 1)[None].requires_grad_(True)
    (gradient,) = torch.autograd.grad(acquisition(model, tried, None)(x).sum(), x)
    assert bool(torch.isfinite(gradient).all())


def test_a_given_noise_belongs_to_the_inputs_and_not_to_the_draws(
    problem: Problem, model: SurrogateModel
) -> None:
    for n in (4, 8):  # as many inputs as draws, too
        x = rows(problem, 2 * n)[: 2 * n].reshape(n, 2, 5)
        noise = torch.arange(1.0, n + 1.0, dtype=torch.float64)[:, None, None].expand(n, 2, 1)
        plain, noisy = at(model, x).variance, at(model, x, noise=noise).variance
        assert torch.allclose(noisy - plain, noise.unsqueeze(-3).expand_as(noisy))
