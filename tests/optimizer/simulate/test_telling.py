from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest

from optimizer.errors import TrialOrderError
from optimizer.simulate.cohort import draw_cohort
from optimizer.simulate.encounter import Context
from optimizer.simulate.preset import load_preset
from optimizer.simulate.ratings import Completeness
from optimizer.simulate.telling import Moment, felt_nrs, moment_of, remembered_nrs, told
from optimizer.trial import Recall

STARTED_AT = datetime(2030, 1, 7, 10, tzinfo=UTC)


def test_days_count_from_the_first_trial_and_are_negative_before() -> None:
    assert moment_of(STARTED_AT, STARTED_AT).day == 0
    before = moment_of(STARTED_AT, STARTED_AT - timedelta(hours=36))
    assert (before.day, before.whole_day) == (-1.5, -2)


def test_one_instant_in_two_zones_is_one_moment() -> None:
    elsewhere = STARTED_AT.astimezone(timezone(timedelta(hours=5)))
    assert moment_of(STARTED_AT, elsewhere) == moment_of(STARTED_AT, STARTED_AT)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(TrialOrderError, match="zone"):
        moment_of(STARTED_AT, datetime(2030, 1, 7, 10))  # noqa: DTZ001


def test_felt_pain_scatters_as_the_diary_study_says() -> None:
    cohort = draw_cohort(load_preset("tonic"), 2, 4000)
    felt = np.hstack([felt_nrs(cohort, np.zeros((4000, 1)), moment_of(STARTED_AT, at)) for at in days()])
    within = felt.std(axis=1, ddof=1)
    assert np.median(within / cohort["report_sd_nrs"][:, 0]) == pytest.approx(1.0, abs=0.15)


def days() -> list[datetime]:
    """Return the early afternoons of three weeks, where the daily rhythm is nothing."""
    return [STARTED_AT + timedelta(days=day, hours=4) for day in range(21)]


def test_outside_the_clinic_an_answer_comes_within_half_a_day() -> None:
    cohort = draw_cohort(load_preset("tonic"), 2)
    moment = moment_of(STARTED_AT, STARTED_AT)
    pain = np.full((1, 1), 5.0)
    at_once = told(cohort, Completeness.COMPLETE, Context(), moment, pain, {"discomfort": 2.0})
    later = told(cohort, Completeness.REAL_WORLD, Context(), moment, pain, {"discomfort": 2.0})
    assert {a.recorded_at for a in at_once} == {STARTED_AT}
    assert all(timedelta(0) <= a.recorded_at - STARTED_AT <= timedelta(hours=12) for a in later)
    assert [a.value for a in at_once] == [a.value for a in later]


def test_a_week_is_remembered_by_its_mean_its_worst_day_and_its_end_and_as_worse_than_it_was() -> None:
    cohort = draw_cohort(load_preset("tonic"), 3, 4000)
    at = moment_of(STARTED_AT, STARTED_AT + timedelta(days=9))
    falling = np.arange(
        7.0, 0.0, -1.0
    )  # 7 points six days ago, 1 today: the noise of the days is told apart below

    def expected(_: Context, moment: Moment) -> np.ndarray:
        return np.full((4000, 1), falling[round(moment.day) - 3])

    days = np.hstack(
        [
            felt_nrs(cohort, expected(Context(), then), then)
            for then in (week_day(at, ago) for ago in range(7))
        ]
    )
    week = Context(recall=Recall.LAST_7_DAYS)
    told_nrs = remembered_nrs(cohort, week, at, expected)[:, 0]
    own_noise = told_nrs - 0.7 * days.mean(axis=1) - 0.15 * days.max(axis=1) - 0.15 * days[:, 0]
    assert own_noise.mean() == pytest.approx(0.4, abs=0.04)
    assert own_noise.std() == pytest.approx(0.6, abs=0.04)


def week_day(moment: Moment, ago: int) -> Moment:
    return moment_of(STARTED_AT, moment.at - timedelta(days=ago))


def test_a_week_before_which_nothing_ran_remembers_the_days_without_the_effect() -> None:
    cohort, at = draw_cohort(load_preset("tonic"), 3), moment_of(STARTED_AT, STARTED_AT + timedelta(days=9))
    ran_for = []

    def expected(context: Context, moment: Moment) -> np.ndarray:
        ran_for.append(context.on_for_s / 86400)
        return np.zeros((1, 1))

    remembered_nrs(cohort, Context(recall=Recall.LAST_7_DAYS, on_for_s=3.5 * 86400), at, expected)
    assert ran_for == [3.5, 2.5, 1.5, 0.5, 0.0, 0.0, 0.0]


def test_only_the_question_about_pain_looks_back() -> None:
    cohort, moment = draw_cohort(load_preset("tonic"), 2), moment_of(STARTED_AT, STARTED_AT)
    week = Context(recall=Recall.LAST_7_DAYS)
    answers = told(cohort, Completeness.COMPLETE, week, moment, np.full((1, 1), 5.0), {"discomfort": 2.0})
    assert [answer.report("t").recall for answer in answers] == [Recall.LAST_7_DAYS, Recall.NOW]


def test_outside_the_clinic_one_answer_in_twenty_is_written_down_the_next_day() -> None:
    cohort, context = draw_cohort(load_preset("tonic"), 5), Context()
    late = []
    for day in range(600):
        moment = moment_of(STARTED_AT, STARTED_AT + timedelta(days=day))
        answer = told(cohort, Completeness.REAL_WORLD, context, moment, np.full((1, 1), 5.0), {})[0]
        assert answer.occurred_at == moment.at
        late.append((answer.recorded_at - answer.occurred_at) / timedelta(hours=1))
    hours = np.array(late)
    assert (hours >= 24).mean() == pytest.approx(0.05, abs=0.03)
    assert ((hours <= 12) | ((hours >= 24) & (hours <= 36))).all()
    assert np.ptp(hours[hours >= 24]) > 6
