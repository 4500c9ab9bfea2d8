"""What a patient showed to tolerate, what not, and what lifts the bar."""

from dataclasses import replace
from datetime import timedelta

import pytest

from optimizer.history import History, applied
from optimizer.safety import strength, tolerance
from optimizer.safety.tolerance import CLOCKS_DIFFER
from optimizer.trial import (
    Amended,
    Measure,
    Posture,
    Recall,
    Report,
    ReviewSubject,
    RungOutcome,
    Trial,
    TrialKind,
)
from tests.strategies.scs import HERE, PROBLEM, day, history, review, trial

Facts = tuple[Trial | Report, ...]


def subjects(record: History) -> list[str]:
    return [bar.subject_id for bar in tolerance.bars(PROBLEM, record)]


def tolerated(facts: Facts) -> bool:
    return tolerance.shows_tolerance(PROBLEM, history(facts).facts[0])


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (trial(1, 4), True),
        (trial(1), True),
        (trial(1, 5), False),
        (trial(1, 1, kind="weakness"), False),
        (trial(1, pain=None), False),
        (trial(1, 0, stimulation_on=False), False),
        (trial(1, 1, ramp=((5.0, RungOutcome.DISCOMFORT),)), False),
        (trial(1, 1, ramp=((4.0, RungOutcome.DISCOMFORT),)), False),
        (trial(1, 1, ramp=((6.0, RungOutcome.DISCOMFORT),)), True),
        (trial(1, 1, ramp=((5.0, RungOutcome.PERCEPTION),)), True),
        (trial(1, 1, ramp=((4.0, RungOutcome.DISCOMFORT), (6.0, RungOutcome.DISCOMFORT))), False),
        (trial(1, 1, ramp=((6.0, RungOutcome.DISCOMFORT),), amplitude_ma=None), False),
    ],
)
def test_tolerated_means_rated_under_stimulation_without_harm_or_discomfort(
    facts: Facts, expected: bool
) -> None:
    assert tolerated(facts) is expected


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"recall": Recall.LAST_7_DAYS}, False),
        ({"recall": Recall.LAST_7_DAYS, "occurred_at": day(4.5)}, True),
        ({"recall": Recall.LAST_24_H, "occurred_at": day(1.1)}, False),
        ({"recall": Recall.LAST_24_H, "occurred_at": day(1.5)}, True),
        ({"occurred_at": day(1) - CLOCKS_DIFFER}, True),
        ({"occurred_at": day(1) - 2 * CLOCKS_DIFFER}, False),
    ],
)
def test_a_trial_that_was_only_asked_about_what_was_before_it_shows_nothing(
    asked: dict[str, object], expected: bool
) -> None:
    applied_trial, pain = trial(1)
    assert isinstance(pain, Report)
    told = replace(pain, **asked)  # type: ignore[arg-type]
    assert tolerated((applied_trial, told)) is expected
    barred = history(trial(0, 5), (applied_trial, told))
    assert bool(tolerance.bars(PROBLEM, barred)) is not expected


def test_harm_counts_whatever_it_looks_back_on() -> None:
    applied_trial, pain, grade = trial(1, 5)
    assert isinstance(grade, Report)
    early = replace(grade, occurred_at=day(0), recall=Recall.LAST_7_DAYS)
    record = history((applied_trial, pain, early))
    assert not tolerated((applied_trial, pain, early))
    assert [bar.subject_id for bar in tolerance.bars(PROBLEM, record)] == ["g1-0"]


def test_every_intolerable_report_and_every_discomfort_is_a_bar() -> None:
    record = history(
        trial(1, 5, 6),
        trial(2, 2, ramp=((6.0, RungOutcome.DISCOMFORT), (5.5, RungOutcome.DISCOMFORT)), amplitude_ma=4.0),
    )
    found = tolerance.bars(PROBLEM, record)
    assert [bar.subject_id for bar in found] == ["g1-0", "g1-1", "t2", "t2"]
    assert [float(bar.stimulus.amplitude_ma) for bar in found[2:]] == [6.0, 5.5]
    assert not any(bar.severe for bar in found)
    assert tolerance.bars(PROBLEM, history(trial(1, 9)))[0].severe


def test_a_rung_that_was_borne_is_no_bar_nor_is_harm_without_stimulation() -> None:
    ramp = ((4.0, RungOutcome.TOLERATED), (4.5, RungOutcome.PERCEPTION), (6.0, RungOutcome.DISCOMFORT))
    (bar,) = tolerance.bars(PROBLEM, history(trial(1, 1, ramp=ramp)))
    assert float(bar.stimulus.amplitude_ma) == 6.0
    for kind in (TrialKind.BASELINE, TrialKind.STIMULATION_OFF):
        assert subjects(history(trial(1, 6, trial_kind=kind))) == []


def test_discomfort_met_on_a_ramp_is_a_bar_also_where_stimulation_was_then_left_off() -> None:
    off = trial(1, 6, trial_kind=TrialKind.STIMULATION_OFF, ramp=((2.0, RungOutcome.DISCOMFORT),))
    (bar,) = tolerance.bars(PROBLEM, history(off))
    assert (bar.subject_id, float(bar.stimulus.amplitude_ma)) == ("t1", 2.0)


def test_what_was_not_tolerated_in_an_unlisted_configuration_stays_whatever_another_unlisted_one_shows() -> (
    None
):
    first = trial(1, 5, configuration="custom-a")
    for later in ("custom-b", "custom-a"):
        assert subjects(history(first, trial(2, 1, configuration=later, amplitude_ma=6.0))) == ["g1-0"]
    listed = PROBLEM.space.parameter("configuration").levels[0]
    assert subjects(history(trial(1, 5, configuration=listed), trial(2, 1, configuration=listed))) == []


def test_bars_are_named_by_what_is_as_strong_in_their_configuration() -> None:
    barred = tolerance.bars(
        PROBLEM, history(trial(1, 5), trial(2, 5, 6, amplitude_ma=7.0), trial(3, 5, configuration="level-5"))
    )

    def named(*rows: dict[str, object]) -> tuple[str, ...]:
        points = [{**HERE, **row} for row in rows]
        return tolerance.subjects(barred, strength.of_points(PROBLEM, points))

    assert named({"amplitude_ma": 4.9}) == ()
    assert named({"amplitude_ma": 5.0}, {"amplitude_ma": 4.0}) == ("g1-0",)
    assert named({"amplitude_ma": 7.0}) == ("g1-0", "g2-0", "g2-1")
    assert named({"amplitude_ma": 5.0, "configuration": "level-5"}, {"amplitude_ma": 1.0}) == ("g3-0",)


def test_without_physics_or_a_limit_of_tolerability_nothing_is_barred() -> None:
    record = history(trial(1, 6), trial(2, 1, ramp=((6.0, RungOutcome.DISCOMFORT),)))
    assert tolerance.bars(replace(PROBLEM, titration=None), record) == ()
    assert tolerance.bars(replace(PROBLEM, tolerability=None), record) == ()


def test_a_later_trial_as_strong_lifts_a_bar_and_an_earlier_or_weaker_one_does_not() -> None:
    assert subjects(history(trial(1, 5), trial(2, 1))) == []
    assert subjects(history(trial(1, 5), trial(2, 1, amplitude_ma=5.5))) == []
    assert subjects(history(trial(1, 1), trial(2, 5))) == ["g2-0"]
    assert subjects(history(trial(1, 5), trial(2, 1, amplitude_ma=4.9))) == ["g1-0"]
    assert subjects(history(trial(1, 5), trial(2, 1, configuration="level-5"))) == ["g1-0"]
    assert subjects(history(trial(1, 5), trial(2, 1, stimulation_on=False))) == ["g1-0"]
    assert subjects(history(trial(1, 5), trial(2, 6))) == ["g1-0", "g2-0"], "nor one not tolerated itself"
    assert subjects(history(trial(1, 5), trial(2, 1, trial_kind=TrialKind.BASELINE))) == ["g1-0"]


def test_a_trial_between_two_discomforts_lifts_the_lower_alone() -> None:
    ramp = ((4.0, RungOutcome.DISCOMFORT), (6.0, RungOutcome.DISCOMFORT))
    (bar,) = tolerance.bars(PROBLEM, history(trial(1, 1, ramp=ramp), trial(2, 1)))
    assert float(bar.stimulus.amplitude_ma) == 6.0


def test_a_trial_is_as_strong_only_if_it_is_at_every_chronaxie_and_whatever_the_rate() -> None:
    wider_and_stronger = trial(2, 1, pulse_width_us=400.0)
    assert subjects(history(trial(1, 5), wider_and_stronger)) == []
    barely = trial(2, 1, pulse_width_us=400.0, amplitude_ma=4.3)  # as strong at 450 us, not at 150 us
    assert subjects(history(trial(1, 5), barely)) == ["g1-0"]
    slower = trial(2, 1, frequency_hz=40.0)
    assert subjects(history(trial(1, 5, frequency_hz=400.0), slower)) == ["g1-0"]


def test_a_bar_met_lying_is_not_lifted_standing() -> None:
    lying = trial(1, 5, posture=Posture.LYING)
    assert subjects(history(lying, trial(2, 1, posture=Posture.STANDING))) == ["g1-0"]
    assert subjects(history(lying, trial(2, 1, posture=Posture.LYING))) == []
    assert subjects(history(trial(1, 5), trial(2, 1, posture=Posture.STANDING))) == []


def rated(trial_id: str, at_day: float, posture: Posture, *, stimulation_on: bool = True) -> Report:
    return Report(
        id=f"{trial_id}-{at_day}-{posture}",
        trial_id=trial_id,
        measure=Measure.PAIN,
        value=4.0,
        occurred_at=day(at_day),
        recorded_at=day(at_day),
        posture=posture,
        stimulation_on=stimulation_on,
    )


STANDING, LYING = Posture.STANDING, Posture.LYING


@pytest.mark.parametrize(
    ("began_day", "ratings", "lifted"),
    [
        (2, [(2.0, STANDING, True), (2.1, LYING, True)], True),
        (2, [(2.0, STANDING, True), (2.1, LYING, False)], False),
        (2, [(0.5, LYING, True)], False),
        (2, [(1.0, LYING, True)], False),
        (1, [(2.0, LYING, True)], False),
        (0.5, [(2.0, LYING, True)], False),
    ],
)
def test_one_rating_lifts_a_bar_where_trial_and_rating_came_after_it_in_its_posture_under_stimulation(
    began_day: float, ratings: list[tuple[float, Posture, bool]], lifted: bool
) -> None:
    barred = trial(1, 5, posture=LYING)
    (later,) = trial(2, pain=None)
    assert isinstance(later, Trial)
    later = replace(later, occurred_at=day(began_day))
    reports = [rated("t2", at, posture, stimulation_on=on) for at, posture, on in ratings]
    assert (subjects(history(barred, (later, *reports))) == []) is lifted


def test_a_clinician_releases_a_bar_by_name() -> None:
    record = history(trial(1, 5))
    assert subjects(record.add(review("g1-0"))) == []
    assert subjects(record.add(review("g1-0", ReviewSubject.ADVERSE_EVENT))) == ["g1-0"]


def test_what_is_unknown_bars_everything_and_lifts_nothing() -> None:
    unknown = history(trial(1, 5, frequency_hz=None), trial(2, 1))
    (bar,) = tolerance.bars(PROBLEM, unknown)
    weak = strength.of_point(PROBLEM, {**HERE, "amplitude_ma": 0.1})
    elsewhere = strength.of_point(PROBLEM, {**HERE, "amplitude_ma": 9.0, "configuration": "level-5"})
    assert tolerance.blocks(bar, weak)
    assert not tolerance.blocks(bar, elsewhere)
    assert subjects(history(trial(1, 5), trial(2, 1, frequency_hz=None, amplitude_ma=9.0))) == ["g1-0"]


@pytest.mark.parametrize("name", ["amplitude_ma", "pulse_width_us"])
def test_what_cannot_be_may_be_as_strong_as_any_bar(name: str) -> None:
    (bar,) = tolerance.bars(PROBLEM, history(trial(1, 5)))
    odd = {**HERE, "amplitude_ma": 0.1, name: float("inf")}
    assert tolerance.blocks(bar, strength.of_point(PROBLEM, odd))


def test_a_bar_in_an_unknown_configuration_speaks_of_all() -> None:
    (bar,) = tolerance.bars(PROBLEM, history(trial(1, 5, configuration="elsewhere")))
    for configuration in ("level-1", "level-8"):
        as_strong = strength.of_point(PROBLEM, {**HERE, "configuration": configuration})
        assert tolerance.blocks(bar, as_strong)


@pytest.mark.parametrize("place", PROBLEM.space.parameter("configuration").levels)
def test_a_bar_speaks_of_what_is_as_strong_in_its_own_configuration(place: str) -> None:
    (bar,) = tolerance.bars(PROBLEM, history(trial(1, 5, configuration=place)))
    as_strong = strength.of_point(PROBLEM, {**HERE, "configuration": place})
    weaker = strength.of_point(PROBLEM, {**HERE, "configuration": place, "amplitude_ma": 4.9})
    elsewhere = "level-2" if place == "level-1" else "level-1"
    assert tolerance.blocks(bar, as_strong)
    assert not tolerance.blocks(bar, weaker)
    assert not tolerance.blocks(bar, strength.of_point(PROBLEM, {**HERE, "configuration": elsewhere}))


def test_a_bar_reaches_weaker_currents_at_higher_rates_and_the_same_ones_at_lower_rates() -> None:
    (bar,) = tolerance.bars(PROBLEM, history(trial(1, 5, frequency_hz=300.0)))

    def blocked(amplitude_ma: float, frequency_hz: float) -> bool:
        values = {**HERE, "amplitude_ma": amplitude_ma, "frequency_hz": frequency_hz}
        return tolerance.blocks(bar, strength.of_point(PROBLEM, values))

    # thresholds at 300 and 600 Hz: 0.66 and 0.40 of that at 40 Hz
    assert [blocked(ma, 600.0) for ma in (2.9, 3.2, 4.9)] == [False, True, True]
    assert [blocked(ma, 300.0) for ma in (4.9, 5.0)] == [False, True]
    assert [blocked(ma, 40.0) for ma in (4.9, 5.0, 5.1)] == [False, True, True], (
        "a lower rate earns no credit"
    )


def test_a_retracted_report_bars_nothing() -> None:
    record = history(trial(1, 5))
    given = record.reports[0]
    gone = Report(
        id="gone",
        trial_id="t1",
        measure=given.measure,
        kind=given.kind,
        value=None,
        occurred_at=given.occurred_at,
        recorded_at=given.recorded_at,
        amends=given.id,
    )
    assert subjects(record) == ["g1-0"]
    assert subjects(record.add(gone)) == []


def corrected(record: History, recorded_day: float) -> History:
    before = record.trials[0]
    settings = applied(PROBLEM, {**HERE, "amplitude_ma": 3.0})
    now = replace(before, applied=settings, recorded_at=day(recorded_day))
    return replace(record, trials=(now,), amended=(Amended(trial=before, until=day(recorded_day)),))


def test_a_release_does_not_lift_the_bar_of_what_was_corrected_later() -> None:
    record = history(trial(1, 5), review("g1-0", ReviewSubject.CLOSURE))  # of day 29
    assert subjects(record) == []
    assert subjects(corrected(record, 30)) == ["g1-0"]
    assert subjects(corrected(record, 29)) == ["g1-0"], "nor of what was corrected at that instant"
    assert subjects(corrected(record, 1)) == []
    (seen,) = record.reviews
    again = replace(seen, id="again", occurred_at=day(31), recorded_at=day(31))
    for reviews in ((seen, again), (again, seen)):
        assert subjects(corrected(replace(record, reviews=reviews), 30)) == [], "the latest release counts"


def test_a_release_lifts_the_bar_of_a_trial_put_on_record_at_the_same_instant() -> None:
    record = history(trial(1, 5), review("g1-0", ReviewSubject.CLOSURE))
    at_once = tuple(replace(entry, recorded_at=day(29)) for entry in record.trials)
    assert subjects(replace(record, trials=at_once)) == []


def test_a_report_dated_before_its_trial_bars_from_the_trial_on() -> None:
    hurt = trial(2, 6)
    told_early = tuple(
        replace(fact, occurred_at=day(0)) if isinstance(fact, Report) else fact for fact in hurt
    )
    assert subjects(history(trial(1, 1), told_early)) == ["g2-0"]


def test_a_trial_dated_ahead_of_its_record_lifts_nothing_that_came_after_it() -> None:
    ahead = tuple(replace(fact, occurred_at=day(9999)) for fact in trial(1, 1))
    assert subjects(history(ahead, trial(2, 6))) == ["g2-0"]
    assert subjects(history(trial(2, 6), trial(3, 1))) == []


@pytest.mark.parametrize(("minutes", "lifts"), [(0.5, True), (1.0, False), (2.0, False)])
def test_a_report_dated_as_its_bar_or_before_lifts_nothing_though_its_trial_came_after(
    minutes: float, lifts: bool
) -> None:
    bar = trial(2, 6)
    since = max(fact.recorded_at for fact in bar)
    began = since + timedelta(minutes=1)
    borne = tuple(
        replace(
            fact, occurred_at=began - timedelta(minutes=minutes * isinstance(fact, Report)), recorded_at=began
        )
        for fact in trial(3, 1)
    )
    assert (subjects(history(bar, borne)) == []) is lifts


@pytest.mark.parametrize(("minutes", "counts"), [(4.5, True), (5.0, True), (5.5, False)])
def test_clocks_of_who_programs_and_who_reports_may_differ_by_five_minutes(
    minutes: float, counts: bool
) -> None:
    borne = tuple(
        replace(fact, occurred_at=fact.occurred_at - timedelta(minutes=minutes * isinstance(fact, Report)))
        for fact in trial(1, 1)
    )
    (facts,) = history(borne).facts
    assert tolerance.is_tolerated(PROBLEM, facts) is counts


def test_a_release_of_what_was_not_yet_told_releases_nothing() -> None:
    after = review("g1-0", ReviewSubject.CLOSURE)
    assert subjects(history(trial(1, 6), replace(after, recorded_at=day(0.5)))) == ["g1-0"]
    assert subjects(history(trial(1, 6), after)) == []
    assert subjects(history(trial(1, 6), replace(after, recorded_at=day(1)))) == []


def refuted(record: History) -> list[str]:
    barred = tolerance.bars(PROBLEM, record)
    tried = [facts for facts in record.facts if tolerance.shows_tolerance(PROBLEM, facts)]
    return [facts.trial.id for facts in tried if tolerance.refuted(PROBLEM, barred, facts)]


def test_a_tolerated_trial_is_refuted_by_what_was_no_stronger_and_not_tolerated_since() -> None:
    borne = trial(1, 1, amplitude_ma=6.0)
    assert refuted(history(borne, trial(2, 6, amplitude_ma=6.0))) == ["t1"]
    assert refuted(history(borne, trial(2, 6, amplitude_ma=6.1))) == []
    assert refuted(history(borne, trial(2, 6, amplitude_ma=5.0, configuration="level-5"))) == []
    assert refuted(history(borne, trial(2, 6, amplitude_ma=5.5, pulse_width_us=400.0))) == []
    at_once = tuple(replace(fact, occurred_at=day(1)) for fact in trial(2, 6, amplitude_ma=5.0))
    assert refuted(history(borne, at_once)) == ["t1"]


def test_a_bar_of_unknown_strength_refutes_all_its_configuration_had_shown() -> None:
    unknown = trial(2, 6, amplitude_ma=None)
    assert refuted(history(trial(1, 1, amplitude_ma=3.0), unknown)) == ["t1"]


def test_a_trial_that_is_rated_again_after_a_bar_and_borne_is_not_refuted() -> None:
    borne, hurt = trial(1, 1, amplitude_ma=6.0), trial(2, 6, amplitude_ma=5.0)
    again = tuple(
        replace(fact, id=f"{fact.id}-again", occurred_at=day(3), recorded_at=day(3))
        for fact in borne
        if isinstance(fact, Report)
    )
    assert refuted(history(borne, hurt)) == ["t1"]
    assert refuted(history(borne, hurt, again)) == []
