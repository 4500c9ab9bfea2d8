from datetime import timedelta

import numpy as np
import pytest

from optimizer.errors import DataError
from optimizer.history import History, check_report
from optimizer.rating import ratings
from optimizer.simulate.cohort import draw_cohort
from optimizer.simulate.course_of_time import Phase
from optimizer.simulate.preset import load_preset
from optimizer.simulate.scenarios import load_scenario
from optimizer.simulate.therapy import body_of
from optimizer.simulate.two_sites import second_site
from optimizer.space.device import load_device
from optimizer.trial import Applied, Measure, Posture, Trial

SCENARIO = load_scenario("scs-tonic-two-sites")
SETTINGS = SCENARIO.problem.space.settings(
    {"amplitude_ma": 4.0, "pulse_width_us": 300.0, "frequency_hz": 40.0, "configuration": "level-4"}
)


def body(seed: int, sites: dict[str, float] | None = None):
    cohort = draw_cohort(load_preset("tonic"), seed)
    space = load_device("scs-tonic").space
    return body_of(cohort, space, phase=Phase.SCREENING, started_at=SCENARIO.started_at, sites=sites)


def pain(treated, indices) -> np.ndarray:
    share = treated.specific_share(treated.stimulus(indices), Posture.STANDING, 0.0)
    return treated.expected_pain_nrs(share, 0.0)


def test_pain_is_the_weighted_mean_of_what_each_site_would_feel() -> None:
    indices = SCENARIO.problem.space.draw(np.random.default_rng(0), 50)
    for seed in range(5):
        treated = body(seed, {"back": 2.0, "leg": 1.0})
        expected = (2.0 * pain(treated.first, indices) + pain(treated.second, indices)) / 3.0
        assert np.allclose(pain(treated, indices), expected)
        assert not np.allclose(pain(treated.first, indices), pain(treated.second, indices))


def test_thresholds_and_side_effects_are_the_leads_and_not_the_sites() -> None:
    one, two = body(3), body(3, {"back": 2.0, "leg": 1.0})
    stimulus = one.stimulus(SCENARIO.problem.space.draw(np.random.default_rng(1), 20))
    for part in (two, two.second):
        assert np.array_equal(
            part.expected_grade(stimulus, Posture.STANDING, "discomfort", 0.0),
            one.expected_grade(stimulus, Posture.STANDING, "discomfort", 0.0),
        )
        assert np.array_equal(
            part.perception_ma(stimulus, Posture.LYING, 0.0), one.perception_ma(stimulus, Posture.LYING, 0.0)
        )


def test_an_answer_names_its_site_and_both_make_one_rating() -> None:
    [(context, at)] = SCENARIO.questions(0)
    answers = SCENARIO.patient(1).respond(SETTINGS, context, at)
    assert [(a.measure, a.kind) for a in answers] == [
        (Measure.PAIN, "back"),
        (Measure.SIDE_EFFECT, "discomfort"),
        (Measure.PAIN, "leg"),
    ]
    trial = Trial(
        id="t",
        applied=Applied(values=SETTINGS.as_dict(), settings=SETTINGS),
        occurred_at=at - timedelta(hours=1),
        recorded_at=at,
    )
    reports = [answer.report("t") for answer in answers]
    for report in reports:
        check_report(SCENARIO.problem, report)
    back, _, leg = (report.value for report in reports)
    (rating,) = ratings(SCENARIO.problem, History().add(trial, *reports).facts[0])
    assert rating.value == pytest.approx((2 * back + leg) / 3)


def test_the_sites_have_good_and_bad_days_of_their_own() -> None:
    patient = SCENARIO.patient(1)
    told = [patient.respond(SETTINGS, *SCENARIO.questions(number)[0]) for number in range(80)]
    back, leg = (np.array([answers[place].value for answers in told]) for place in (0, 2))
    assert back.std() > 0.5
    assert abs(np.corrcoef(back, leg)[0, 1]) < 0.4


def test_the_best_for_both_is_a_compromise_for_some() -> None:
    one = draw_cohort(load_preset("tonic"), 0, 500)
    two = second_site(one)
    apart = np.abs(two["best_level"] - one["best_level"])
    assert 0.9 < np.median(apart) < 1.8
    assert two["best_level"].min() >= 1.5
    assert two["best_level"].max() <= 7.5
    assert two["baseline_nrs"].mean() < one["baseline_nrs"].mean()


@pytest.mark.parametrize("sites", [{"back": 1.0}, {"back": 1.0, "leg": 1.0, "foot": 1.0}])
def test_one_site_or_three_are_refused(sites: dict[str, float]) -> None:
    with pytest.raises(DataError, match="two"):
        body(0, sites)
