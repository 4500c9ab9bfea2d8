"""The prior over response surfaces: a valid covariance, a mean that follows the physiology, exact conditioning."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from optimizer.models.dataset import points_of
from optimizer.models.hyperprior import Hyperprior
from optimizer.models.intensity import intensity_of
from optimizer.models.relief import MapRelief, Relief, StimulationRelief, relief_of
from optimizer.outcomes.scale import OutcomeScale
from optimizer.problem import Problem
from optimizer.space.parameter import uniform
from optimizer.space.search_space import SearchSpace
from tests.optimizer.models.courses import START, indices, tonic


def stimulation() -> tuple[Problem, StimulationRelief, Hyperprior]:
    problem = tonic()
    intensity = intensity_of(problem, points_of(problem, indices(problem, START)))
    relief = relief_of(problem, intensity, None, 1.0)
    assert isinstance(relief, StimulationRelief)
    return problem, relief, Hyperprior(relief.beliefs | intensity.beliefs)


def a_map() -> Problem:
    grid = SearchSpace(parameters=(uniform("column", "1", 1, 8, 1), uniform("row", "1", 1, 4, 1)))
    scale = OutcomeScale(name="score", low=0, high=8, larger_is_better=True)
    return Problem(space=grid, tolerability=None, titration=None, outcome=scale, side_effects=())


def mapped() -> tuple[Problem, MapRelief, Hyperprior]:
    problem = a_map()
    rows = torch.cat(
        [points_of(problem, np.array([[2, 1]])).rows, torch.tensor([[3.0]], dtype=torch.float64)], dim=1
    )
    relief = relief_of(problem, intensity_of(problem, points_of(problem, np.array([[0, 0]]))), rows, 0.5)
    assert isinstance(relief, MapRelief)
    return problem, relief, Hyperprior(relief.beliefs)


def test_goodness_is_zero_without_current_and_stays_inside_the_unit_interval() -> None:
    problem, relief, hyperprior = stimulation()
    white = torch.randn(32, hyperprior.size, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    rng = np.random.default_rng(0)
    points = points_of(problem, problem.space.draw(rng, 200))
    good = relief.goodness(hyperprior.values(white), points)
    assert bool(((good >= 0) & (good <= 1)).all())
    off = points_of(problem, indices(problem, {**START, "amplitude_ma": 0.0}))
    assert float(relief.goodness(hyperprior.values(white), off).abs().max()) == 0.0


def test_covariance_is_symmetric_and_positive_and_its_diagonal_is_the_variance() -> None:
    problem, relief, hyperprior = stimulation()
    white = torch.randn(8, hyperprior.size, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    values = hyperprior.values(white)
    points = points_of(problem, problem.space.draw(np.random.default_rng(1), 30))
    inputs = relief.at(values, points).inputs
    covariance = relief.covariance(inputs, inputs)
    assert torch.allclose(covariance, covariance.transpose(1, 2))
    assert float(torch.linalg.eigvalsh(covariance).min()) > -1e-8
    assert torch.allclose(covariance.diagonal(dim1=1, dim2=2), relief.variance(inputs))


@pytest.mark.parametrize("made", [stimulation, mapped])
def test_points_paired_covary_as_on_the_diagonal_of_all_pairs(
    made: Callable[[], tuple[Problem, Relief, Hyperprior]],
) -> None:
    problem, relief, hyperprior = made()
    white = torch.randn(8, hyperprior.size, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    values = hyperprior.values(white)
    one, other = (
        relief.at(values, points_of(problem, problem.space.draw(np.random.default_rng(seed), 9))).inputs
        for seed in (1, 2)
    )
    every = relief.covariance(one, other).diagonal(dim1=1, dim2=2)
    assert torch.allclose(relief.paired(one, other), every)


def test_a_map_without_a_population_has_a_flat_mean() -> None:
    problem = a_map()
    intensity = intensity_of(problem, points_of(problem, np.array([[0, 0]])))
    relief = relief_of(problem, intensity, None, 1.0)
    assert isinstance(relief, MapRelief)
    values = Hyperprior(relief.beliefs).values(torch.zeros(1, 5, dtype=torch.float64))
    mean = relief.at(values, points_of(problem, np.array([[0, 0], [7, 3]]))).mean
    assert mean.tolist() == [[1.6, 1.6]]


def test_a_population_lifts_the_mean_where_its_map_is_high() -> None:
    problem, relief, hyperprior = mapped()
    values = hyperprior.values(torch.zeros(1, 5, dtype=torch.float64))
    mean = relief.at(values, points_of(problem, np.array([[2, 1], [7, 3]]))).mean[0].tolist()
    assert mean[0] == pytest.approx(1.6 + 1.5)
    assert mean[1] == pytest.approx(1.6, abs=1e-3)


def test_configurations_of_one_centroid_have_no_place_to_learn() -> None:
    problem, relief, _ = stimulation()
    one_place = replace(relief, positions_mm=torch.zeros_like(relief.positions_mm))
    hyperprior = Hyperprior(one_place.beliefs | one_place.intensity.beliefs)
    values = hyperprior.values(torch.zeros(1, hyperprior.size, dtype=torch.float64))
    assert "position_mm" not in values
    assert bool(one_place.at(values, points_of(problem, indices(problem, START))).mean.isfinite().all())


def test_the_best_place_lies_on_the_lead_whatever_the_draw() -> None:
    _, relief, hyperprior = stimulation()
    white = torch.full((2, hyperprior.size), 9.0, dtype=torch.float64)
    white[0] = -9.0
    lowest, highest = hyperprior.values(white)["position_mm"][:, 0].tolist()
    half_a_contact = 4.0
    assert lowest >= float(relief.positions_mm.min()) - half_a_contact
    assert highest <= float(relief.positions_mm.max()) + half_a_contact


@pytest.mark.parametrize(
    ("scale", "untreated"),
    [
        (OutcomeScale(name="pain", low=0, high=10), -7.0),
        (OutcomeScale(name="function", low=0, high=10, larger_is_better=True), 3.0),
        (OutcomeScale(name="pain", low=0, high=100), -70.0),
        (OutcomeScale(name="well-being", low=20, high=120, larger_is_better=True), 50.0),
    ],
)
def test_without_stimulation_a_patient_is_believed_seven_tenths_from_the_best_end(
    scale: OutcomeScale, untreated: float
) -> None:
    problem = tonic(outcome=scale)
    relief = relief_of(problem, intensity_of(problem, points_of(problem, indices(problem, START))), None, 1.0)
    assert isinstance(relief, StimulationRelief)
    assert relief.untreated == pytest.approx(untreated)
