"""The density of ratings against scipy's."""

import pytest
import torch
from scipy import stats

from optimizer.history import history_from_rows
from optimizer.models.dataset import dataset_of
from optimizer.models.likelihood import log_densities, noise_of
from tests.optimizer.models.courses import ROWS
from tests.optimizer.models.test_relief import stimulation


def test_the_densities_of_the_first_ratings_add_up_to_the_density_scipy_gives() -> None:
    problem, relief, hyperprior = stimulation()
    dataset = dataset_of(problem, history_from_rows(problem, ROWS))
    white = torch.randn(3, hyperprior.size, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    values = hyperprior.values(white)
    seen = relief.at(values, dataset.points)
    covariance = noise_of(values, dataset).added_to(relief.covariance(seen.inputs, seen.inputs))
    found = log_densities(relief, values, dataset).cumsum(1)
    for n in range(1, len(dataset.relief) + 1):
        expected = [
            stats.multivariate_normal(seen.mean[s, :n].numpy(), covariance[s, :n, :n].numpy()).logpdf(
                dataset.relief[:n].numpy()
            )
            for s in range(3)
        ]
        assert found[:, n - 1].tolist() == pytest.approx(expected)
