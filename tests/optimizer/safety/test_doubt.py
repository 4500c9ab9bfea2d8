"""Reasons in the record itself to propose nothing, and the settings to be on meanwhile."""

from dataclasses import replace

import pytest

from optimizer.ask import Ask
from optimizer.decision import Hold, HoldReason
from optimizer.history import History
from optimizer.problem import Problem
from optimizer.safety import doubt
from optimizer.trial import Applied, Measure, Posture, Report, ReviewSubject, RungOutcome, TrialKind
from tests.strategies.scs import HERE, PROBLEM, ask, day, history, review, trial

TOLERATED = history(trial(1, 1))


def held(record: History = TOLERATED, asked: Ask | None = None, problem: Problem = PROBLEM) -> Hold | None:
    return doubt.hold(problem, record, asked or ask())


def reason(record: History = TOLERATED, asked: Ask | None = None, problem: Problem = PROBLEM) -> str | None:
    found = held(record, asked, problem)
    return None if found is None else found.reason


def second(value: float, **fields: object) -> Report:
    given = {
        "id": "second",
        "trial_id": "t1",
        "measure": Measure.PAIN,
        "value": value,
        "occurred_at": day(1),
        "recorded_at": day(1),
        **fields,
    }
    return Report(**given)  # type: ignore[arg-type]


def test_a_plain_record_gives_no_reason_to_hold() -> None:
    assert held() is None


def test_one_rating_and_the_settings_in_force_are_needed() -> None:
    found = held(History())
    assert found is not None
    assert (found.reason, found.release) == (HoldReason.NO_RATING, "rate")
    assert found.meanwhile == ask().in_force.settings


def test_a_severe_report_holds_until_a_clinician_has_seen_it() -> None:
    record = history(trial(1, 1, amplitude_ma=4.0), trial(2, 8))
    found = held(record)
    assert found is not None
    assert (found.reason, found.subject_ids) == (HoldReason.UNREVIEWED_ADVERSE_EVENT, ("g2-0",))
    assert found.notify == ("clinician",)
    assert reason(record.add(review("g2-0", ReviewSubject.ADVERSE_EVENT))) is None
    assert reason(record.add(review("t2"))) == HoldReason.UNREVIEWED_ADVERSE_EVENT


def test_a_severe_report_amended_away_still_has_to_be_seen() -> None:
    amended = second(1.0, amends="g1-0", measure=Measure.SIDE_EFFECT, kind="discomfort", recorded_at=day(2))
    assert reason(history(trial(1, 8), (amended,))) == HoldReason.UNREVIEWED_ADVERSE_EVENT


@pytest.mark.parametrize(
    ("other", "contradicts"),
    [
        (second(0.0), False),
        (second(10.0), False),
        (second(0.0, posture=Posture.LYING), False),
        (second(0.0, occurred_at=day(1.1)), False),
    ],
)
def test_reports_that_differ_a_little_or_in_posture_or_time_are_no_contradiction(
    other: Report, contradicts: bool
) -> None:
    assert (reason(history(trial(1, 1, pain=5.0), (other,))) is not None) is contradicts


def test_the_same_instant_rated_at_both_ends_of_the_scale_is_a_contradiction() -> None:
    record = history(trial(1, 1, pain=9.0), (second(1.0),))
    found = held(record)
    assert found is not None
    assert found.reason is HoldReason.CONTRADICTORY_REPORTS
    assert set(found.subject_ids) == {"p1", "second"}
    assert reason(record.add(review("p1", ReviewSubject.HOLD))) is None


def test_a_ramp_tolerated_above_where_it_met_discomfort_is_a_contradiction() -> None:
    ramp = ((3.0, RungOutcome.DISCOMFORT), (4.0, RungOutcome.TOLERATED))
    record = history(trial(1, 1, ramp=ramp))
    assert reason(record) == HoldReason.CONTRADICTORY_REPORTS
    assert reason(record.add(review("t1", ReviewSubject.HOLD))) is None
    assert reason(history(trial(1, 1, ramp=tuple(reversed(ramp))[:1]))) is None


def test_settings_in_force_off_the_grid_or_past_a_limit_hold() -> None:
    assert reason(asked=ask(amplitude_ma=5.03)) == HoldReason.SETTINGS_OFF_GRID
    assert reason(asked=ask(amplitude_ma=12.0, pulse_width_us=1000.0)) == HoldReason.SETTINGS_PAST_LIMIT
    assert reason(asked=ask(amplitude_ma=12.5)) == HoldReason.SETTINGS_PAST_LIMIT


def test_a_required_limit_that_cannot_be_checked_holds_and_asks_for_the_measurement() -> None:
    strict = tuple(replace(limit, required=True) for limit in PROBLEM.space.limits)
    found = held(problem=replace(PROBLEM, space=replace(PROBLEM.space, limits=strict)))
    assert found is not None
    assert (found.reason, found.release) == (HoldReason.LIMIT_NOT_CHECKED, "measure")
    assert found.meanwhile is None


def test_at_home_the_patient_s_range_must_be_known() -> None:
    assert reason(asked=ask(in_clinic=False)) == HoldReason.HOME_RANGE_UNKNOWN
    assert reason(asked=ask(in_clinic=False, patient_range_ma=(4.0, 5.0))) is None


def keeps(record: History, **changes: float | str) -> object:
    settings = doubt.meanwhile(PROBLEM, record, ask(**changes))
    return None if settings is None else settings["amplitude_ma"]


def test_meanwhile_the_settings_in_force_unless_they_were_not_tolerated() -> None:
    lower = trial(1, 1, amplitude_ma=4.0)
    assert keeps(TOLERATED) == 5.0
    assert keeps(history(lower, trial(2, 5))) == 4.0
    assert keeps(history(lower, trial(2, 8))) == 4.0
    assert keeps(history(lower, trial(2, 5)), amplitude_ma=5.5) == 4.0
    assert keeps(history(trial(2, 8))) is None


def test_meanwhile_never_what_shows_nothing_or_is_past_a_limit() -> None:
    unrated = trial(1, pain=None, amplitude_ma=4.0)
    baseline = trial(2, 0, trial_kind=TrialKind.BASELINE, amplitude_ma=3.0)
    wild = trial(3, 0, amplitude_ma=12.0, pulse_width_us=1000.0)
    assert keeps(history(unrated, baseline, wild, trial(4, 8))) is None


def test_meanwhile_the_latest_tolerated_when_those_in_force_are_off_the_grid() -> None:
    record = history(trial(1, 1, amplitude_ma=4.0), trial(2, 1, amplitude_ma=4.5))
    off = replace(ask(), in_force=Applied(values={**HERE, "amplitude_ma": 5.03}))
    settings = doubt.meanwhile(PROBLEM, record, off)
    assert settings is not None
    assert settings["amplitude_ma"] == 4.5


def off_grid(**changes: float | str) -> Ask:
    return replace(ask(), in_force=Applied(values={**HERE, **changes}))


@pytest.mark.parametrize(
    ("changes", "kept"),
    [
        ({"amplitude_ma": 5.03}, {"amplitude_ma": 5.0}),
        ({"amplitude_ma": 5.03, "pulse_width_us": 307.0}, {"amplitude_ma": 5.0, "pulse_width_us": 300.0}),
        ({"frequency_hz": 41.3}, {"frequency_hz": 40.0}),
    ],
)
def test_meanwhile_just_below_settings_off_the_grid_where_nothing_else_was_tolerated(
    changes: dict[str, float | str], kept: dict[str, float | str]
) -> None:
    settings = doubt.meanwhile(PROBLEM, History(), off_grid(**changes))
    assert settings is not None
    below = {**HERE, **changes, **kept}
    levels = {
        p.name: max(v for v in p.numbers if v <= float(below[p.name])) for p in PROBLEM.space.parameters[:3]
    }
    assert settings.as_dict() == {**HERE, **levels}


def test_meanwhile_off_where_nothing_is_known_of_settings_off_the_grid_or_something_speaks_against_them() -> (
    None
):
    assert doubt.meanwhile(PROBLEM, History(), off_grid(amplitude_ma=-1.0)) is None
    assert doubt.meanwhile(PROBLEM, History(), off_grid(amplitude_ma=1e6)) is None
    assert doubt.meanwhile(PROBLEM, History(), off_grid(configuration="elsewhere")) is None
    assert doubt.meanwhile(PROBLEM, History(), off_grid(amplitude_ma=12.17)) is None, (
        "below it is past the envelope"
    )
    assert doubt.meanwhile(PROBLEM, history(trial(1, 5)), off_grid(amplitude_ma=5.03)) is None, (
        "not tolerated"
    )
    mild = second(1.0, amends="g1-0", measure=Measure.SIDE_EFFECT, kind="discomfort", recorded_at=day(2))
    elsewhere = trial(1, 8, amplitude_ma=9.0, configuration="level-1", pain=None)
    assert doubt.meanwhile(PROBLEM, history(elsewhere, (mild,)), off_grid(amplitude_ma=5.03)) is None, (
        "closed"
    )


def test_a_hold_without_candidates_names_every_report_and_ramp_that_bars_settings() -> None:
    ramp = ((4.0, RungOutcome.TOLERATED), (6.0, RungOutcome.DISCOMFORT))
    record = history(
        trial(1, 5), trial(2, 8, configuration="level-1"), trial(3, 0, ramp=ramp, amplitude_ma=3.0)
    )
    found = doubt.no_safe_candidate(PROBLEM, record, ask())
    assert set(found.subject_ids) == {"g1-0", "g2-0", "t3"}
    assert len(found.subject_ids) == 3
    assert (found.reason, found.release) == (HoldReason.NO_SAFE_CANDIDATE, "review")
    released = record.add(review("g1-0"), review("g2-0"), review("t3"))
    assert doubt.no_safe_candidate(PROBLEM, released, ask()).subject_ids == ()
    assert doubt.no_safe_candidate(PROBLEM, released, ask()).release == "program_in_clinic"
