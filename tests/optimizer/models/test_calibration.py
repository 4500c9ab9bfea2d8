"""Leave-one-out in closed form is leaving one out."""

import torch

from optimizer.models.calibration import is_trustworthy, leave_one_out
from tests.optimizer.models.courses import ROWS, START, conditioned, tonic


def test_the_closed_form_is_the_prediction_without_the_rating() -> None:
    surrogate = conditioned(tonic(), ROWS)
    residual, sd = leave_one_out(surrogate)
    covariance = surrogate.factor @ surrogate.factor.transpose(1, 2)
    prior = surrogate.seen.mean
    left, kept = 2, [0, 1, 3, 4]
    weights = torch.linalg.solve(covariance[:, kept][:, :, kept], covariance[:, kept, left, None])[..., 0]
    mean = prior[:, left] + (weights * (surrogate.dataset.relief[kept] - prior[:, kept])).sum(1)
    variance = covariance[:, left, left] - (weights * covariance[:, kept, left]).sum(1)
    assert torch.allclose(sd[:, left], variance.sqrt())
    assert torch.allclose(residual[:, left], (surrogate.dataset.relief[left] - mean) / variance.sqrt())


def test_a_consistent_patient_is_trusted_and_few_reports_are_not_judged() -> None:
    assert is_trustworthy(conditioned(tonic(), ROWS))
    assert is_trustworthy(conditioned(tonic(), ROWS[:2]))


def test_a_patient_who_contradicts_every_model_is_not_trusted() -> None:
    wild = [{**START, "pain": 10 * (number % 2), "discomfort": 0} for number in range(12)]
    assert not is_trustworthy(conditioned(tonic(), wild))
