"""The conditioned surrogate against the textbook."""

from datetime import timedelta

import numpy as np
import pytest
import torch

from optimizer.history import history_from_rows
from optimizer.models.dataset import dataset_of, points_of
from optimizer.models.joint import fit
from optimizer.models.surrogate import Surrogate
from optimizer.prior import NO_PRIOR
from optimizer.problem import Problem
from tests.optimizer.models.courses import ROWS, START, conditioned, indices, tonic


@pytest.fixture(scope="module")
def problem() -> Problem:
    return tonic()


@pytest.fixture(scope="module")
def surrogate(problem: Problem) -> Surrogate:
    return conditioned(problem, ROWS)


def test_conditioning_is_the_textbook_formula(problem: Problem, surrogate: Surrogate) -> None:
    points = points_of(problem, problem.space.draw(np.random.default_rng(0), 5))
    prediction = surrogate.predict(points)
    data, values = surrogate.dataset, surrogate.values
    noisy = surrogate.factor @ surrogate.factor.transpose(1, 2)
    relief = surrogate.relief
    there, tried = relief.at(values, points), relief.at(values, data.points)
    cross = relief.covariance(there.inputs, tried.inputs)
    residual = (data.relief - tried.mean)[..., None]
    mean = there.mean + (cross @ torch.linalg.solve(noisy, residual))[..., 0]
    prior = relief.covariance(there.inputs, there.inputs)
    covariance = prior - cross @ torch.linalg.solve(noisy, cross.transpose(1, 2))
    assert torch.allclose(prediction.mean, mean, atol=1e-8)
    assert torch.allclose(prediction.covariance(), covariance, atol=1e-8)
    assert torch.allclose(prediction.variance, covariance.diagonal(dim1=1, dim2=2), atol=1e-8)


def test_the_mean_alone_is_that_of_the_prediction(problem: Problem, surrogate: Surrogate) -> None:
    points = points_of(problem, problem.space.draw(np.random.default_rng(2), 300))
    assert torch.allclose(surrogate.expected(points), surrogate.predict(points).mean, atol=1e-9)


def test_surfaces_have_the_mean_and_covariance_of_the_joint_posterior(
    problem: Problem, surrogate: Surrogate
) -> None:
    points, some = points_of(problem, problem.space.draw(np.random.default_rng(4), 3)), slice(0, 4)
    few, prediction = surrogate.draws(some), surrogate.predict(points)
    noise = torch.randn(4, 3, 20_000, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    surfaces = few.surfaces(points, noise)
    covariance = prediction.covariance()[some]
    assert torch.allclose(surfaces.mean(2), prediction.mean[some], atol=0.06)
    apart = surfaces - surfaces.mean(2, keepdim=True)
    assert torch.allclose(apart @ apart.transpose(1, 2) / 20_000, covariance, atol=0.03 * covariance.max())


def test_surfaces_of_some_draws_at_a_time_are_those_of_all_at_once(
    problem: Problem, surrogate: Surrogate, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = points_of(problem, problem.space.draw(np.random.default_rng(5), 60))
    noise = torch.randn(
        surrogate.n_draws, 60, 2, generator=torch.Generator().manual_seed(1), dtype=torch.float64
    )
    found = surrogate.surfaces(points, noise)
    monkeypatch.setattr("optimizer.models.likelihood.BLOCK", 10**9)
    assert torch.allclose(found, surrogate.surfaces(points, noise), atol=1e-9)


def test_gain_over_a_point_is_the_difference_of_the_joint_posterior(
    problem: Problem, surrogate: Surrogate
) -> None:
    points = points_of(problem, problem.space.draw(np.random.default_rng(1), 4))
    prediction = surrogate.predict(points)
    mean, variance = prediction.gain_over(surrogate.predict(points.take(torch.tensor([2]))))
    joint = prediction.covariance()
    expected = joint.diagonal(dim1=1, dim2=2) + joint[:, 2, 2, None] - 2 * joint[:, :, 2]
    assert torch.allclose(mean, prediction.mean - prediction.mean[:, 2:3])
    assert torch.allclose(variance, expected.clamp_min(1e-10), atol=1e-8)


def test_a_rating_given_next_is_relief_and_drift_as_of_the_latest_rating_together() -> None:
    problem = tonic(drift_expected=True)
    surrogate = conditioned(problem, ROWS)
    points = points_of(problem, indices(problem, START))
    data, relief, values = surrogate.dataset, surrogate.relief, surrogate.values
    noisy = surrogate.factor @ surrogate.factor.transpose(1, 2)
    there, tried = relief.at(values, points), relief.at(values, data.points)
    drift = values["drift_sd"].square()[..., None]
    # 40 days of memory, and a row a day; the latest rating stands for today
    apart = torch.arange(len(ROWS) - 1, -1, -1, dtype=torch.float64)
    cross = relief.covariance(there.inputs, tried.inputs) + drift * torch.exp(-apart / 40.0)
    residual = (data.relief - tried.mean)[..., None]
    mean = there.mean + (cross @ torch.linalg.solve(noisy, residual))[..., 0]
    noise = surrogate.rating_variance
    prior = relief.variance(there.inputs) + drift[..., 0] + noise
    left = prior - (cross @ torch.linalg.solve(noisy, cross.transpose(1, 2)))[..., 0]
    found = surrogate.report(surrogate.predict(points))
    assert torch.allclose(found[0], mean, atol=1e-8)
    assert torch.allclose(found[1], left, atol=1e-8)


def test_before_any_rating_all_of_drift_is_still_to_come() -> None:
    problem = tonic(drift_expected=True)
    surrogate = conditioned(problem, [{**START, "discomfort": 1}])
    prediction = surrogate.predict(points_of(problem, indices(problem, START)))
    mean, variance = surrogate.report(prediction)
    assert torch.equal(mean, prediction.mean)
    drift = surrogate.values["drift_sd"].square()
    assert torch.allclose(variance, prediction.variance + surrogate.rating_variance + drift)


def test_drift_fades_from_what_is_predicted_while_nobody_rates() -> None:
    problem = tonic(drift_expected=True)
    history = history_from_rows(problem, [{**START, "pain": pain} for pain in (8, 7, 6, 5, 4, 4)])
    start = points_of(problem, indices(problem, START))
    last = history.reports[-1].occurred_at
    found = []
    for days in (0, 1, 120):
        dataset = dataset_of(problem, history, last + timedelta(days=days))
        surrogate = fit(problem, dataset, start, prior=NO_PRIOR, seed=0)
        mean, variance = surrogate.report(surrogate.predict(start))
        found.append((-float(mean.mean()), float(variance.mean())))
    (now, sure), (tomorrow, _), (later, unsure) = found
    assert now < tomorrow < later - 0.3
    assert tomorrow == pytest.approx(now, abs=0.1)
    assert unsure > 1.2 * sure


def test_less_of_what_came_with_time_is_credited_to_the_settings_then_on_where_drift_is_expected(
    problem: Problem,
) -> None:
    after = {**START, "frequency_hz": 60.0}
    rows = [{**START, "pain": pain, "discomfort": 1} for pain in (8, 8, 8, 7, 7, 7, 6, 6)]
    rows += [{**after, "pain": pain, "discomfort": 1} for pain in (6, 5, 5, 5, 4, 4, 4, 3)]
    credited = []
    for said in (problem, tonic(drift_expected=True)):
        surrogate = conditioned(said, rows)
        before, now = (surrogate.predict(points_of(said, indices(said, point))) for point in (START, after))
        credited.append(float(now.gain_over(before)[0].mean()))
    assert 0.0 < credited[1] < 0.85 * credited[0]


def test_where_no_drift_is_expected_a_rating_given_next_is_relief_and_noise(
    problem: Problem, surrogate: Surrogate
) -> None:
    prediction = surrogate.predict(points_of(problem, indices(problem, START)))
    mean, variance = surrogate.report(prediction)
    assert torch.equal(mean, prediction.mean)
    assert torch.equal(variance, prediction.variance + surrogate.rating_variance)


def test_pain_that_fell_while_settings_stayed_is_expected_to_stay_down_where_drift_is(
    problem: Problem,
) -> None:
    rows = [{**START, "pain": pain, "discomfort": 1} for pain in (8, 8, 8, 7, 7, 6, 6, 5, 5, 4, 4, 4)]
    expected = []
    for said in (problem, tonic(drift_expected=True)):
        surrogate = conditioned(said, rows)
        prediction = surrogate.predict(points_of(said, indices(said, START)))
        expected.append(-float(surrogate.report(prediction)[0].mean()))
    assert expected[0] == pytest.approx(6.0, abs=0.3)
    assert expected[1] < expected[0] - 0.7


def test_ratings_narrow_the_prediction_where_they_were_given(problem: Problem) -> None:
    point = points_of(problem, indices(problem, START))
    few = conditioned(problem, ROWS[:1]).predict(point)
    many = conditioned(problem, [ROWS[0]] * 12).predict(point)
    assert float(many.variance.mean()) < 0.5 * float(few.variance.mean())


def test_the_same_history_and_seed_give_the_same_bits(problem: Problem) -> None:
    one, again = conditioned(problem, ROWS), conditioned(problem, ROWS)
    assert torch.equal(one.factor, again.factor)
    assert torch.equal(one.white, again.white)
