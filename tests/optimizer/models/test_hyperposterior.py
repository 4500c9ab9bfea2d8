"""The sampler against posteriors known in closed form."""

import math

import pytest
import torch
from torch import Tensor

from optimizer.errors import FitError
from optimizer.models import hyperposterior


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("sd", [2.0, 0.5, 0.1])
def test_a_normal_likelihood_gives_the_conjugate_posterior(sd: float) -> None:
    # one observation of 1 with this SD, standard normal prior; the second coordinate is not observed
    def log_likelihood(white: Tensor) -> Tensor:
        return -0.5 * ((white[:, 0] - 1.0) / sd) ** 2

    clouds = [hyperposterior.draw(log_likelihood, 2, generator(seed)).white for seed in range(20)]
    draws = torch.cat(clouds)
    variance = 1.0 / (1.0 + 1.0 / sd**2)
    # 20 independent clouds: four standard errors of a mean over them
    tolerance = 4 * math.sqrt(variance / (20 * hyperposterior.N_KEPT / 4))
    assert float(draws[:, 0].mean()) == pytest.approx(variance / sd**2, abs=tolerance)
    assert float(draws[:, 0].var()) == pytest.approx(variance, rel=0.25)
    assert float(draws[:, 1].mean()) == pytest.approx(0.0, abs=4 / math.sqrt(20 * hyperposterior.N_KEPT / 4))
    assert float(draws[:, 1].var()) == pytest.approx(1.0, rel=0.25)


def test_the_same_seed_gives_the_same_draws_and_another_seed_others() -> None:
    def log_likelihood(white: Tensor) -> Tensor:
        return -0.5 * white.sum(1).square()

    one, again, other = (hyperposterior.draw(log_likelihood, 3, generator(seed)).white for seed in (1, 1, 2))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


def test_without_data_the_draws_are_the_prior_with_a_full_sample() -> None:
    draws = hyperposterior.draw(lambda white: torch.zeros(len(white), dtype=torch.float64), 4, generator())
    assert draws.effective_sample_size == pytest.approx(hyperposterior.N_KEPT)
    assert float(draws.white.std()) == pytest.approx(1.0, abs=0.15)


def test_reports_no_draw_can_explain_are_an_error_and_not_a_guess() -> None:
    with pytest.raises(FitError):
        hyperposterior.draw(
            lambda white: torch.full((len(white),), torch.nan, dtype=torch.float64), 2, generator()
        )
