"""One number a moment, of one pain or of several sites together."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from optimizer.history import History, applied
from optimizer.outcomes.objective import Objective
from optimizer.problem import Problem, stimulation_problem
from optimizer.rating import ratings
from optimizer.space.device import load_device
from optimizer.trial import Measure, Posture, Recall, Report, Trial, TrialKind

PROBLEM = stimulation_problem(load_device("scs-tonic"))
TWO_SITES = replace(PROBLEM, objective=Objective(sites={"back": 3.0, "leg": 1.0}))
HERE = {"amplitude_ma": 5.0, "pulse_width_us": 300.0, "frequency_hz": 40.0, "configuration": "level-4"}
AT = datetime(2025, 3, 1, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def trial() -> Trial:
    return Trial(id="t", applied=applied(PROBLEM, HERE), occurred_at=AT, recorded_at=AT)


def report(name: str, value: float, at: datetime = AT, kind: str = "") -> Report:
    return Report(
        id=name,
        trial_id="t",
        measure=Measure.PAIN,
        kind=kind,
        value=value,
        occurred_at=at,
        recorded_at=AT + timedelta(days=1),
    )


def test_two_pain_sites_are_one_rating_a_moment_and_half_a_moment_is_none() -> None:
    told = [
        report("a", 8.0, kind="back"),
        report("b", 4.0, kind="leg"),
        report("c", 6.0, AT + HOUR, kind="back"),
        report("d", 2.0, AT + 2 * HOUR, kind="back"),
        report("e", 2.0, AT + 2 * HOUR, kind="leg"),
    ]
    facts = History().add(trial(), *told).facts[0]
    assert [rating.value for rating in ratings(TWO_SITES, facts)] == [7.0, 2.0]
    assert [rating.value for rating in ratings(PROBLEM, facts)] == [8.0, 4.0, 6.0, 2.0, 2.0]


@pytest.mark.parametrize("problem", [PROBLEM, TWO_SITES])
def test_a_rating_says_the_posture_it_was_given_in(problem: Problem) -> None:
    told = [
        replace(report(f"{posture}-{site}", 5.0, at, kind=site), posture=posture)
        for posture, at in ((Posture.LYING, AT), (Posture.STANDING, AT + HOUR))
        for site in (problem.objective.site_weights or ("",))
    ]
    facts = History().add(trial(), *told).facts[0]
    assert [rating.posture for rating in ratings(problem, facts)] == [Posture.LYING, Posture.STANDING]


def test_two_ratings_of_one_site_and_moment_count_half_each_and_a_site_of_no_weight_carries_nothing() -> None:
    told = [report("x", 2.0, kind="back"), report("y", 7.0, kind="back"), report("z", 1.0, kind="leg")]
    back = replace(TWO_SITES, objective=Objective(sites={"back": 1.0, "leg": 0.0}))
    for order in (told, told[::-1]):
        (rating,) = ratings(back, History().add(trial(), *order).facts[0])
        assert (rating.value, set(rating.report_ids)) == (4.5, {"x", "y"})


def test_pain_while_stimulation_was_off_rates_no_settings_unless_the_trial_was_without_it() -> None:
    told = [report("on", 3.0), replace(report("off", 9.0, AT + HOUR), stimulation_on=False)]
    assert [rating.value for rating in ratings(PROBLEM, History().add(trial(), *told).facts[0])] == [3.0]
    without = replace(trial(), kind=TrialKind.STIMULATION_OFF)
    assert [rating.value for rating in ratings(PROBLEM, History().add(without, told[1]).facts[0])] == [9.0]


@pytest.mark.parametrize(
    ("recall", "hours", "counts"),
    [
        (Recall.NOW, 0, True),
        (Recall.TODAY, 1, True),
        (Recall.LAST_24_H, 11, False),
        (Recall.LAST_24_H, 12, True),
        (Recall.LAST_7_DAYS, 83, False),
        (Recall.LAST_7_DAYS, 84, True),
    ],
)
def test_pain_mostly_felt_before_a_trial_does_not_rate_it(recall: Recall, hours: int, counts: bool) -> None:
    told = replace(report("a", 8.0, AT + hours * HOUR), recall=recall)
    assert bool(ratings(PROBLEM, History().add(trial(), told).facts[0])) is counts
    baseline = replace(trial(), kind=TrialKind.BASELINE)
    assert ratings(PROBLEM, History().add(baseline, told).facts[0])
