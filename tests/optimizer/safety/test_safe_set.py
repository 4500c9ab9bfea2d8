"""The learned safe set keeps under the ceiling and grows only with what was tolerated."""

import torch

from optimizer.models.dataset import dataset_of, points_of
from optimizer.models.joint import fit
from optimizer.prior import NO_PRIOR
from optimizer.problem import PostureUse
from optimizer.safety.safe_set import CAUTION, safe
from optimizer.trial import Posture
from tests.optimizer.models.courses import START, asked, conditioned, indices, said, tonic

CALM = {**START, "pain": 6, "discomfort": 0}
HURT = {**START, "pain": 6, "discomfort": 6}


def test_what_is_safe_is_under_the_ceiling_and_stronger_is_never_safer() -> None:
    problem = tonic()
    surrogate = conditioned(problem, [{**START, "pain": 6, "discomfort": 1}])
    rising = points_of(
        problem, indices(problem, *[{**START, "amplitude_ma": step / 5} for step in range(60)])
    )
    mask = safe(problem, surrogate, rising)
    assert problem.tolerability is not None
    assert bool((surrogate.p_intolerable(rising)[mask] <= CAUTION * problem.tolerability.ceiling).all())
    assert bool((mask.int().diff() <= 0).all())
    assert bool(mask[0])
    assert not bool(mask[-1])


def test_tolerated_trials_widen_it_and_a_discomfort_report_narrows_it() -> None:
    problem = tonic()
    rising = points_of(
        problem, indices(problem, *[{**START, "amplitude_ma": step / 10} for step in range(120)])
    )
    widths = [
        int(safe(problem, conditioned(problem, rows), rising).sum())
        for rows in (
            [{**START, "pain": 6, "discomfort": 5}],
            [{**START, "pain": 6, "discomfort": 1}],
            [
                {**START, "amplitude_ma": amplitude, "pain": 6, "discomfort": 0}
                for amplitude in (5.0, 5.5, 6.0, 6.5)
            ],
        )
    ]
    assert widths == sorted(set(widths))


def test_a_problem_without_tolerability_has_nothing_unsafe() -> None:
    problem = tonic(tolerability=None)
    surrogate = conditioned(problem, [{**START, "pain": 6}])
    points = points_of(problem, indices(problem, START, {**START, "amplitude_ma": 12.0}))
    assert torch.equal(safe(problem, surrogate, points), torch.ones(2, dtype=torch.bool))


def test_what_hurts_in_the_posture_of_the_ask_is_not_safe_now_whatever_it_is_used_for() -> None:
    problem = tonic(postures=(PostureUse.UPRIGHT,))
    history, _ = asked(problem, [CALM, HURT, CALM, HURT])
    record = said(history, *(Posture.STANDING, Posture.LYING) * 2)
    here = points_of(problem, indices(problem, START))
    surrogate = fit(problem, dataset_of(problem, record), here, prior=NO_PRIOR, seed=0)
    assert bool(safe(problem, surrogate, here))
    assert bool(safe(problem, surrogate, here, now=Posture.STANDING))
    assert not bool(safe(problem, surrogate, here, now=Posture.LYING))
