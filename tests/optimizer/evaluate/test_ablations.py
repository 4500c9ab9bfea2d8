from dataclasses import replace

import pytest
import torch

from optimizer.decision import Proposal
from optimizer.errors import DataError, PolicyError
from optimizer.evaluate.ablations import PARTS, climbed, log_posterior, without
from optimizer.evaluate.entrants import policy_named
from optimizer.models.dataset import DTYPE, dataset_of, points_of
from optimizer.models.joint import Joint, joint_of
from optimizer.prior import NO_PRIOR
from optimizer.propose import propose
from optimizer.trial import Rung, RungOutcome
from tests.optimizer.models.courses import ROWS, START, asked, indices, tonic

PROBLEM = tonic(drift_expected=True)
RAMP = (
    Rung(amplitude_ma=3.0, outcome=RungOutcome.PERCEPTION),
    Rung(amplitude_ma=4.5, outcome=RungOutcome.DISCOMFORT),
)


def joint() -> Joint:
    """Reports and hyperparameters of a course with a ramp."""
    history, _ = asked(PROBLEM, ROWS)
    first = replace(history.trials[0], ramp=RAMP)
    data = dataset_of(PROBLEM, replace(history, trials=(first, *history.trials[1:])))
    return joint_of(PROBLEM, data, points_of(PROBLEM, indices(PROBLEM, START)), prior=NO_PRIOR)


@pytest.mark.parametrize("part", PARTS)
def test_every_part_moves_what_is_expected_once_it_is_left_out(part: str) -> None:
    points = points_of(
        PROBLEM, indices(PROBLEM, {**START, "pulse_width_us": 450.0}, {**START, "frequency_hz": 80.0})
    )
    whole, lacking = joint().sampled(0), PARTS[part](joint()).sampled(0)
    moved = (whole.predict(points).mean.mean(0) - lacking.predict(points).mean.mean(0)).abs()
    assert moved.max() > 0.01


def test_without_intensity_a_wider_pulse_is_as_strong() -> None:
    points = points_of(PROBLEM, indices(PROBLEM, START, {**START, "pulse_width_us": 600.0}))
    grade = PARTS["intensity"](joint()).sampled(0).expected_grade(points)
    assert torch.equal(grade[:, 0], grade[:, 1])


def test_without_integration_one_set_of_hyperparameters_is_left() -> None:
    assert PARTS["integration"](joint()).sampled(0).n_draws == 1


def test_the_climb_ends_at_hyperparameters_more_probable_than_where_it_began() -> None:
    whole = joint()
    cloud = torch.randn(64, whole.hyperprior.size, generator=torch.Generator().manual_seed(0), dtype=DTYPE)
    best = log_posterior(whole, cloud).max()
    assert log_posterior(whole, climbed(whole, cloud)).item() > best.item() + 1.0


def test_a_policy_without_a_part_proposes_like_any_other() -> None:
    history, ask = asked(PROBLEM, ROWS)
    decision = propose(PROBLEM, history, ask, policy=policy_named("without:days"))
    assert isinstance(decision, Proposal)
    assert decision.basis is not None
    assert decision.basis.policy == "without days"


def test_a_part_that_is_not_there_is_named() -> None:
    with pytest.raises(DataError, match="thresholds"):
        without("nothing")


def test_drift_that_a_course_does_not_expect_cannot_be_left_out() -> None:
    problem = tonic()
    history, ask = asked(problem, ROWS)
    with pytest.raises(PolicyError, match="drift"):
        propose(problem, history, ask, policy=without("drift"))
