"""Numbers of an explanation: intervals of mixtures, changes, influences."""

import pytest
import torch
from scipy import stats

from optimizer.errors import FitError
from optimizer.explain import contrast
from optimizer.models.dataset import points_of
from optimizer.outcomes.scale import PAIN_REAL
from tests.optimizer.models.courses import ROWS, START, conditioned, indices, tonic


def test_one_normal_gives_its_own_quantiles() -> None:
    found = contrast.interval(
        torch.tensor([1.0], dtype=torch.float64), torch.tensor([2.0], dtype=torch.float64)
    )
    assert (found.mean, found.low, found.high) == pytest.approx(
        (1.0, *stats.norm(1, 2).ppf([0.05, 0.95])), abs=1e-6
    )


def test_a_mixture_leaves_five_percent_on_either_side() -> None:
    mean, sd = (
        torch.tensor([-3.0, 0.0, 4.0], dtype=torch.float64),
        torch.tensor([0.5, 1.0, 0.2], dtype=torch.float64),
    )
    found = contrast.interval(mean, sd)
    below = [torch.special.ndtr((end - mean) / sd).mean().item() for end in (found.low, found.high)]
    assert below == pytest.approx([0.05, 0.95], abs=1e-6)


@pytest.mark.parametrize(("mean", "sd"), [(float("nan"), 1.0), (0.0, float("inf")), (0.0, 0.0)])
def test_a_prediction_that_is_no_number_fails_as_a_fit_does(mean: float, sd: float) -> None:
    with pytest.raises(FitError):
        contrast.interval(torch.tensor([mean, 1.0])[:1], torch.tensor([sd, 1.0])[:1])


def test_a_predicted_report_stays_on_its_scale() -> None:
    problem = tonic()
    surrogate = conditioned(problem, [{**START, "pain": 0, "discomfort": 0}] * 6)
    prediction = surrogate.predict(points_of(problem, indices(problem, START)))
    found = contrast.report_interval(problem, *surrogate.report(prediction))
    assert 0.0 <= found.low <= found.mean <= found.high <= 10.0


def test_probabilities_of_ratings_are_those_of_the_predicted_report_rounded_to_the_scale() -> None:
    problem = tonic()
    surrogate = conditioned(problem, ROWS)
    prediction = surrogate.predict(points_of(problem, indices(problem, START)))
    found = contrast.rating_probabilities(problem, *surrogate.report(prediction))
    generator = torch.Generator().manual_seed(1)
    drawn = 100_000
    which = torch.randint(surrogate.n_draws, (drawn,), generator=generator)
    spread = sum(surrogate.values[name][:, 0].square() for name in ("noise_sd", "day_sd"))
    sd = (prediction.variance[:, 0] + spread).sqrt()[which]
    pain = -(prediction.mean[which, 0] + sd * torch.randn(drawn, generator=generator, dtype=torch.float64))
    frequency = torch.bincount(pain.round().clamp(0, 10).long(), minlength=11) / drawn
    assert found == pytest.approx(frequency.tolist(), abs=0.006)
    assert sum(found) == pytest.approx(1.0)


def test_a_predicted_report_goes_on_from_where_pain_has_drifted_to() -> None:
    rows = [{**START, "pain": pain, "discomfort": 1} for pain in (8, 8, 8, 7, 7, 6, 6, 5, 5, 4, 4, 4)]
    problem, told = tonic(), tonic(drift_expected=True)
    found = []
    for said in (problem, told):
        surrogate = conditioned(said, rows)
        prediction = surrogate.predict(points_of(said, indices(said, START)))
        probabilities = contrast.rating_probabilities(said, *surrogate.report(prediction))
        report = contrast.report_interval(said, *surrogate.report(prediction))
        assert report.mean == pytest.approx(sum(n * p for n, p in enumerate(probabilities)), abs=0.1)
        found.append(report)
    assert found[1].mean < found[0].mean - 0.7
    assert found[1].high < found[0].high


def test_a_scale_with_fractions_has_no_probabilities_of_ratings() -> None:
    problem = tonic(outcome=PAIN_REAL)
    surrogate = conditioned(problem, ROWS)
    prediction = surrogate.predict(points_of(problem, indices(problem, START)))
    assert contrast.rating_probabilities(problem, *surrogate.report(prediction)) == ()


def test_the_report_of_the_same_settings_carries_most() -> None:
    problem = tonic()
    surrogate = conditioned(problem, ROWS)
    point = {name: ROWS[4][name] for name in problem.space.names}
    found = contrast.influences(surrogate, surrogate.predict(points_of(problem, indices(problem, point))))
    assert found[0].report_id == "row-000004-pain"
    assert 0 < sum(influence.weight for influence in found) <= 1 + 1e-9
