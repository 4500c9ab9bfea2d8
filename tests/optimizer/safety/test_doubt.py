"""Reasons in the record itself to propose nothing, and the settings to be on meanwhile."""

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from optimizer.ask import Ask
from optimizer.decision import Hold, HoldReason
from optimizer.history import History, check_report
from optimizer.outcomes.side_effect import DISCOMFORT
from optimizer.problem import Problem, stimulation_problem
from optimizer.safety import doubt
from optimizer.space.device import load_device
from optimizer.space.parameter import Value
from optimizer.trial import (
    Applied,
    Measure,
    Posture,
    Recall,
    Report,
    ReviewSubject,
    RungOutcome,
    TrialKind,
)
from tests.strategies.histories import histories
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


def test_harm_told_before_the_row_of_its_trial_or_of_what_it_amends_is_not_forgotten() -> None:
    told = replace(trial(2, 8)[-1], recorded_at=day(2.1))
    late = replace(trial(2)[0], recorded_at=day(2.2))
    assert reason(TOLERATED.add(late, told).as_of(day(2.15))) == HoldReason.UNREVIEWED_ADVERSE_EVENT
    mild = second(1.0, measure=Measure.SIDE_EFFECT, kind="discomfort", recorded_at=day(2.2))
    severe = replace(mild, id="third", value=8.0, amends="second", recorded_at=day(2.1))
    assert reason(TOLERATED.add(mild, severe).as_of(day(2.15))) == HoldReason.UNREVIEWED_ADVERSE_EVENT


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
    "other",
    [
        second(3.0),
        second(1.0, posture=Posture.LYING),
        second(1.0, occurred_at=day(1.1)),
        second(1.0, trial_id="t2"),
        second(1.0, measure=Measure.SIDE_EFFECT, kind="discomfort"),
        second(9.0, kind="discomfort"),
        second(1.0, kind="leg"),
        second(1.0, recall=Recall.LAST_7_DAYS),
        second(1.0, stimulation_on=False),
    ],
)
def test_reports_that_differ_by_six_points_or_in_what_they_are_about_are_no_contradiction(
    other: Report,
) -> None:
    assert reason(history(trial(1, 1, pain=9.0), trial(2, pain=None), (other,))) is None


def test_the_same_instant_rated_at_both_ends_of_the_scale_is_a_contradiction() -> None:
    record = history(trial(1, 1, pain=9.0), (second(1.0),))
    found = held(record)
    assert found is not None
    assert found.reason is HoldReason.CONTRADICTORY_REPORTS
    assert set(found.subject_ids) == {"p1", "second"}
    for either in ("p1", "second"):
        assert reason(record.add(review(either, ReviewSubject.HOLD))) is None


def test_a_ramp_tolerated_above_where_it_met_discomfort_is_a_contradiction() -> None:
    ramp = ((3.0, RungOutcome.DISCOMFORT), (4.0, RungOutcome.TOLERATED))
    record = history(trial(1, 1, ramp=ramp))
    assert reason(record) == HoldReason.CONTRADICTORY_REPORTS
    assert reason(record.add(review("t1", ReviewSubject.HOLD))) is None
    assert reason(history(trial(1, 1, ramp=tuple(reversed(ramp))[:1]))) is None
    assert reason(history(trial(1, 1, ramp=((6.0, RungOutcome.DISCOMFORT),)))) is None
    assert reason(history(trial(1, 1, ramp=(ramp[0], (3.0, RungOutcome.TOLERATED))))) is None


def test_a_ramp_that_was_borne_up_to_where_it_met_discomfort_is_no_contradiction() -> None:
    borne = ((2.0, RungOutcome.PERCEPTION), (3.0, RungOutcome.TOLERATED), (5.5, RungOutcome.TOLERATED))
    assert reason(history(trial(1, 1, ramp=borne))) is None
    assert reason(history(trial(1, 1, ramp=(*borne, (6.0, RungOutcome.DISCOMFORT))))) is None


@pytest.mark.parametrize(
    "ramp",
    [
        ((3.0, RungOutcome.DISCOMFORT), (4.0, RungOutcome.PERCEPTION)),
        ((2.0, RungOutcome.TOLERATED), (3.0, RungOutcome.DISCOMFORT), (4.0, RungOutcome.TOLERATED)),
        ((3.0, RungOutcome.DISCOMFORT), (4.0, RungOutcome.TOLERATED), (6.0, RungOutcome.DISCOMFORT)),
    ],
)
def test_the_lowest_discomfort_and_the_highest_that_was_borne_contradict(
    ramp: tuple[tuple[float, RungOutcome], ...],
) -> None:
    assert reason(history(trial(1, 1, ramp=ramp))) == HoldReason.CONTRADICTORY_REPORTS


def test_a_contradiction_is_measured_on_the_scale_of_the_report() -> None:
    hundred = replace(PROBLEM, outcome=replace(PROBLEM.outcome, high=100.0))
    assert reason(history(trial(1, 1, pain=60.0), (second(1.0),)), problem=hundred) is None
    assert reason(history(trial(1, 1, pain=62.0), (second(1.0),)), problem=hundred) is not None
    wide = replace(DISCOMFORT, name="tingling", scale=replace(DISCOMFORT.scale, high=100.0))
    blind = replace(hundred, tolerability=None, side_effects=(DISCOMFORT, wide))
    for kind, contradicts in (("discomfort", True), ("not declared", True), ("tingling", False)):
        mild = second(0.0, measure=Measure.SIDE_EFFECT, kind=kind)
        found = reason(history(trial(1, 7, kind=kind), (mild,)), problem=blind)
        assert (found == HoldReason.CONTRADICTORY_REPORTS) is contradicts


def test_only_a_rating_of_pain_is_one_to_begin_with() -> None:
    assert reason(history(trial(1, 1, pain=None))) == HoldReason.NO_RATING
    assert reason(history(trial(1))) is None
    assert reason(history(trial(1, pain=9.0))) is None, "much pain is no adverse event"


def test_a_retracted_grade_is_no_adverse_event() -> None:
    gone = second(None, amends="g1-0", measure=Measure.SIDE_EFFECT, kind="discomfort", recorded_at=day(2))  # type: ignore[arg-type]
    assert reason(history(trial(1, 1), (gone,))) is None


@given(
    record=histories(PROBLEM),
    kind=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]*", fullmatch=True),
    grade=st.integers(1, 10),
    posture=st.sampled_from(Posture),
    stimulation_on=st.booleans(),
)
def test_harm_of_a_kind_nobody_declared_always_holds(
    record: History, kind: str, grade: int, posture: Posture, stimulation_on: bool
) -> None:
    assume(PROBLEM.side_effect(kind) is None)
    told = trial(30, float(grade), kind=kind, posture=posture, stimulation_on=stimulation_on)
    for report in told[1:]:
        check_report(PROBLEM, report)  # type: ignore[arg-type]
    found = held(record.add(*told))
    assert found is not None
    assert (found.reason, found.release) == (HoldReason.UNREVIEWED_ADVERSE_EVENT, "review")
    assert "g30-0" in found.subject_ids


def test_a_problem_without_physics_needs_neither_rating_nor_range() -> None:
    plain = replace(PROBLEM, titration=None)
    assert reason(History(), problem=plain) is None
    assert reason(asked=ask(in_clinic=False), problem=plain) is None


def test_settings_in_force_off_the_grid_or_past_a_limit_hold() -> None:
    assert reason(asked=ask(amplitude_ma=5.03)) == HoldReason.SETTINGS_OFF_GRID
    assert reason(asked=ask(amplitude_ma=12.0, pulse_width_us=1000.0)) == HoldReason.SETTINGS_PAST_LIMIT
    assert reason(asked=ask(amplitude_ma=12.5)) == HoldReason.SETTINGS_PAST_LIMIT
    for odd in (ask(amplitude_ma=5.03), ask(amplitude_ma=12.0, pulse_width_us=1000.0)):
        found = held(asked=odd)
        assert found is not None
        assert found.release == "program_in_clinic"


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
    assert keeps(history(trial(2, 5)), configuration="level-5") == 5.0, "not tolerated elsewhere"
    mild = second(1.0, amends="g1-0", measure=Measure.SIDE_EFFECT, kind="discomfort", recorded_at=day(2))
    assert keeps(history(trial(1, 8), (mild,))) is None, "closed, whatever it was amended to"


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
    raw = history(trial(1, 5, amplitude_ma=5.03))
    assert doubt.meanwhile(PROBLEM, raw, off_grid(amplitude_ma=5.03)) is None, "they were not tolerated"
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


def test_just_below_is_the_next_level_also_at_the_ends_of_the_range_and_a_hair_off_a_level() -> None:
    for off, expected in (
        ({"amplitude_ma": 0.03}, {"amplitude_ma": 0.0}),
        ({"amplitude_ma": 1.03, "pulse_width_us": 995.0}, {"amplitude_ma": 1.0, "pulse_width_us": 990.0}),
        ({"amplitude_ma": 5.03, "pulse_width_us": 300.0 - 1e-10}, {"amplitude_ma": 5.0}),
    ):
        settings = doubt.meanwhile(PROBLEM, History(), off_grid(**off))
        assert settings is not None
        assert settings.as_dict() == {**HERE, **expected}


@pytest.mark.parametrize(
    "odd", [{"amplitude_ma": "five"}, {"amplitude_ma": None}, {"configuration": 3.0}, {"pulse_width_us": 1e4}]
)
def test_just_below_something_that_is_no_number_of_the_device_is_nothing(odd: dict[str, Value]) -> None:
    values = {name: value for name, value in {**HERE, **odd}.items() if value is not None}
    assert doubt.meanwhile(PROBLEM, History(), replace(ask(), in_force=Applied(values=values))) is None


def test_a_longer_pause_is_below_a_shorter_one() -> None:
    vagus = stimulation_problem(load_device("vns-implanted"))
    values = {
        "amplitude_ma": 0.5,
        "pulse_width_us": 250.0,
        "frequency_hz": 20.0,
        "on_s": 30.0,
        "off_s": 301.0,
    }
    settings = doubt.meanwhile(vagus, History(), replace(ask(), in_force=Applied(values=values)))
    assert settings is not None
    assert settings.as_dict() == {**values, "off_s": 600.0}
    past = replace(ask(), in_force=Applied(values={**values, "off_s": 1e6}))
    assert doubt.meanwhile(vagus, History(), past) is None


def test_at_home_a_hold_names_nothing_the_patient_may_not_use_there() -> None:
    elsewhere = trial(1, 1, amplitude_ma=8.0, configuration="level-6")
    record = history(elsewhere, trial(2, 1, amplitude_ma=3.5), trial(3, 9))
    at_home = ask(in_clinic=False, patient_range_ma=(3.0, 4.0))
    found = doubt.meanwhile(PROBLEM, record, at_home)
    assert found is not None
    assert (found["amplitude_ma"], found["configuration"]) == (3.5, "level-4")
    without = history(elsewhere, trial(3, 9))
    assert doubt.meanwhile(PROBLEM, without, at_home) is None
    in_clinic = doubt.meanwhile(PROBLEM, without, ask())
    assert in_clinic is not None
    assert in_clinic["configuration"] == "level-6"


@pytest.mark.parametrize("range_ma", [(0.0, 0.0), (3.05, 3.06), (5.1, 12.0)])
def test_at_home_a_hold_does_not_name_what_is_on_outside_the_patient_s_range(
    range_ma: tuple[float, float],
) -> None:
    at_home = ask(in_clinic=False, patient_range_ma=range_ma)
    assert doubt.no_safe_candidate(PROBLEM, TOLERATED, at_home).meanwhile is None
    off = replace(off_grid(amplitude_ma=4.97), in_clinic=False, patient_range_ma=range_ma)
    assert doubt.meanwhile(PROBLEM, History(), off) is None
    around = replace(at_home, patient_range_ma=(4.9, 5.0))
    assert doubt.no_safe_candidate(PROBLEM, TOLERATED, around).meanwhile == ask().in_force.settings
    unstated = replace(at_home, patient_range_ma=None)
    assert doubt.meanwhile(PROBLEM, TOLERATED, unstated) == ask().in_force.settings, "what is on stays on"


def test_pain_reported_while_stimulation_was_off_is_no_rating_of_the_settings() -> None:
    assert reason(history(trial(1, stimulation_on=False))) == HoldReason.NO_RATING


def test_at_home_what_was_tolerated_off_the_grid_is_passed_over() -> None:
    record = history(trial(1, 1, amplitude_ma=3.51), trial(3, 9))
    assert doubt.meanwhile(PROBLEM, record, ask(in_clinic=False, patient_range_ma=(3.0, 4.0))) is None


def test_without_stimulation_there_is_no_range_to_keep_to_at_home() -> None:
    plain = replace(PROBLEM, titration=None)
    elsewhere = replace(ask(in_clinic=False), in_force=Applied(values={}))
    found = doubt.meanwhile(plain, TOLERATED, elsewhere)
    assert found is not None
    assert found["amplitude_ma"] == HERE["amplitude_ma"]


def test_a_review_answers_for_what_had_been_told_by_then_and_for_nothing_later() -> None:
    severe, early = trial(1, 8), replace(review("g1-0", ReviewSubject.ADVERSE_EVENT), recorded_at=day(0.5))
    assert reason(history(severe, early)) == HoldReason.UNREVIEWED_ADVERSE_EVENT
    assert reason(history(severe, review("g1-0", ReviewSubject.ADVERSE_EVENT))) is None
    low, high = second(0.0), second(10.0, id="third", recorded_at=day(29.5))
    told = history(trial(1, 1, pain=None), (low, high), review("second", ReviewSubject.HOLD))
    assert reason(told) == HoldReason.CONTRADICTORY_REPORTS
    assert reason(told.add(replace(review("third", ReviewSubject.HOLD), recorded_at=day(29.5)))) is None


def test_a_ramp_that_was_corrected_after_its_review_is_a_doubt_again() -> None:
    rungs = ((4.0, RungOutcome.DISCOMFORT), (4.5, RungOutcome.TOLERATED))
    record = history(trial(1, 1, ramp=rungs), review("t1", ReviewSubject.HOLD))
    assert reason(record) is None
    later = replace(record, trials=(replace(record.trials[0], recorded_at=day(29.5)),))
    assert reason(later) == HoldReason.CONTRADICTORY_REPORTS


def test_at_home_what_is_on_stays_on_inside_the_range_of_the_patient() -> None:
    for patient_range_ma, expected in (((4.0, 6.0), HERE["amplitude_ma"]), ((5.5, 6.0), None)):
        found = held(History(), ask(in_clinic=False, patient_range_ma=patient_range_ma))
        assert found is not None
        assert (found.meanwhile and found.meanwhile["amplitude_ma"]) == expected
