"""Lying down lowers the threshold: what is used lying down must be tolerable lying down."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch

from optimizer.history import history_from_rows
from optimizer.models import postures
from optimizer.models.dataset import dataset_of, points_of
from optimizer.models.joint import fit
from optimizer.models.surrogate import Surrogate
from optimizer.policies.safe_bo import SAFE_BO
from optimizer.prior import NO_PRIOR
from optimizer.problem import PostureUse
from optimizer.propose import propose
from optimizer.safety.safe_set import safe
from optimizer.trial import Posture
from tests.optimizer.models.courses import START, asked, indices, said, tonic

ALL_DAY, UPRIGHT, LYING = (PostureUse.ALL_DAY,), (PostureUse.UPRIGHT,), (PostureUse.LYING,)
CALM = {**START, "pain": 6, "discomfort": 0}
HURT = {**START, "pain": 6, "discomfort": 6}


def believed(uses: tuple[PostureUse, ...], rows: Sequence[dict[str, object]], *where: Posture) -> Surrogate:
    problem = tonic(postures=uses)
    history = said(history_from_rows(problem, list(rows)), *where)
    start = points_of(problem, indices(problem, START))
    return fit(problem, dataset_of(problem, history), start, prior=NO_PRIOR, seed=0)


@pytest.mark.parametrize(
    ("uses", "where", "learned"),
    [
        (ALL_DAY, Posture.UNKNOWN, ()),
        (UPRIGHT, Posture.STANDING, ()),
        (ALL_DAY, Posture.STANDING, (Posture.LYING,)),
        (LYING, Posture.STANDING, (Posture.LYING,)),
        (UPRIGHT, Posture.SITTING, (Posture.SITTING,)),
        (UPRIGHT, Posture.LYING, (Posture.LYING,)),
    ],
)
def test_a_posture_is_learned_where_it_is_reported_or_settings_are_used_lying(
    uses: tuple[PostureUse, ...], where: Posture, learned: tuple[Posture, ...]
) -> None:
    assert believed(uses, [CALM], where).dataset.postures == learned


def test_where_no_report_says_its_posture_every_use_is_the_same() -> None:
    surrogate = believed(ALL_DAY, [CALM, CALM], Posture.UNKNOWN, Posture.UNKNOWN)
    here = points_of(tonic(), indices(tonic(), START))
    assert surrogate.p_intolerable(here, ALL_DAY) == surrogate.p_intolerable(here)


def test_what_hurts_lying_down_may_be_used_upright_and_not_all_day() -> None:
    where = (Posture.STANDING, Posture.LYING) * 3
    surrogate = believed(ALL_DAY, [CALM, HURT] * 3, *where)
    here = points_of(tonic(), indices(tonic(), START))
    upright, lying = (float(surrogate.p_intolerable(here, uses)) for uses in (UPRIGHT, LYING))
    assert upright < 0.1
    assert lying > 0.5
    assert float(surrogate.p_intolerable(here, ALL_DAY)) == lying


def test_the_safe_set_of_settings_used_all_day_holds_lying_down() -> None:
    surrogate = believed(ALL_DAY, [CALM, CALM], Posture.STANDING, Posture.STANDING)
    here = points_of(tonic(), indices(tonic(), START))
    assert bool(safe(tonic(postures=UPRIGHT), surrogate, here))
    assert not bool(safe(tonic(postures=ALL_DAY), surrogate, here))


def test_standing_reports_say_little_of_lying_down_unless_somebody_says_that_the_start_was_borne_there() -> (
    None
):
    risk = {}
    for borne in (False, True):
        problem = tonic(postures=ALL_DAY, start_borne_in_use=borne)
        history = said(history_from_rows(problem, [CALM] * 2), *[Posture.STANDING] * 2)
        start = points_of(problem, indices(problem, START))
        surrogate = fit(problem, dataset_of(problem, history), start, prior=NO_PRIOR, seed=0)
        risk[borne] = float(surrogate.p_intolerable(start, ALL_DAY)[0])
    assert risk[True] < 0.05
    assert risk[False] > 0.1


def test_a_proposal_says_the_risk_of_each_use() -> None:
    problem = tonic(postures=(PostureUse.UPRIGHT, PostureUse.LYING))
    history, ask = asked(problem, [{**CALM, "amplitude_ma": 3.0}, {**CALM, "amplitude_ma": 3.2}])
    decision = propose(problem, said(history, *[Posture.STANDING] * 2), ask, seed=0, policy=SAFE_BO)
    risks = decision.steps[0].explanation.p_intolerable  # type: ignore[union-attr]
    assert set(risks) == {"upright", "lying"}
    assert risks["upright"] < risks["lying"] <= 0.05


def test_postures_that_are_not_learned_count_as_the_reference() -> None:
    assert postures.codes_of((), ()) == (postures.REFERENCE,)
    assert postures.codes_of(ALL_DAY, ()) == (postures.REFERENCE,)
    assert postures.codes_of(ALL_DAY, (Posture.LYING,)) == (postures.REFERENCE, 2)
    assert postures.codes_of(LYING, (Posture.LYING,)) == (2,)


def test_relief_is_a_mean_over_the_postures_of_use_and_over_one_where_none_is_learned() -> None:
    assert postures.felt_in((), ()) == (postures.REFERENCE,)
    assert postures.felt_in(ALL_DAY, ()) == (postures.REFERENCE,)
    assert postures.felt_in(LYING, (Posture.LYING,)) == (2,)
    # standing and sitting, of which sitting has no threshold of its own, weigh twice what lying does
    assert postures.felt_in(ALL_DAY, (Posture.LYING,)) == (postures.REFERENCE, postures.REFERENCE, 2)


def test_settings_for_all_day_relieve_what_they_do_in_each_posture_on_average() -> None:
    where = (Posture.STANDING, Posture.LYING) * 3
    surrogate = believed(ALL_DAY, [CALM, {**CALM, "pain": 3}] * 3, *where)
    here = points_of(tonic(), indices(tonic(), START))
    day = surrogate.predict(here)
    alone = [replace(surrogate, felt_in=(code,)).predict(here) for code in surrogate.felt_in]
    assert torch.allclose(day.mean, torch.stack([one.mean for one in alone]).mean(0))
    # the variance of a mean is the mean of all covariances of its parts
    shared = [one.shared_with(other) for one in alone for other in alone]
    assert torch.allclose(day.variance, torch.stack(shared).mean(0))
    assert torch.allclose(day.covariance()[..., 0], day.variance)


def test_a_rating_is_read_at_the_intensity_of_its_own_posture() -> None:
    # the same current is felt more strongly lying down, and there it helps
    where = (Posture.STANDING, Posture.LYING) * 4
    surrogate = believed(ALL_DAY, [{**CALM, "pain": 8}, {**CALM, "pain": 3}] * 4, *where)
    here = points_of(tonic(), indices(tonic(), START))
    upright, lying = (
        replace(surrogate, felt_in=(code,)).predict(here).mean.mean() for code in (postures.REFERENCE, 2)
    )
    assert lying - upright > 1.5


def test_a_rating_is_predicted_in_the_posture_of_the_ask() -> None:
    problem = tonic(postures=ALL_DAY)
    history, ask = asked(problem, [{**CALM, "pain": 8}, {**CALM, "pain": 3}] * 4)
    history = said(history, *(Posture.STANDING, Posture.LYING) * 4)
    predicted = {
        posture: propose(problem, history, replace(ask, posture=posture), seed=0).steps[0]  # type: ignore[union-attr]
        for posture in (Posture.STANDING, Posture.LYING, Posture.UNKNOWN)
    }
    assert len({step.settings for step in predicted.values()}) == 1, "where it is rated does not choose"
    standing, lying, day = (step.outcome.mean for step in predicted.values())
    assert lying < day < standing


def test_a_report_that_was_retracted_teaches_no_posture() -> None:
    problem = tonic(postures=UPRIGHT)
    history = said(history_from_rows(problem, [CALM, CALM]), Posture.STANDING, Posture.LYING)
    lying = [report for report in history.reports if report.posture is Posture.LYING]
    gone = [replace(report, id=f"{report.id}-gone", amends=report.id, value=None) for report in lying]
    assert postures.learned_from(problem, history) == (Posture.LYING,)
    assert postures.learned_from(problem, history.add(*gone)) == ()
