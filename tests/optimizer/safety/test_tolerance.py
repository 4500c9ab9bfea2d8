"""What a patient showed to tolerate, what not, and what lifts the bar."""

import pytest

from optimizer.history import History
from optimizer.safety import strength, tolerance
from optimizer.trial import Posture, Report, ReviewSubject, RungOutcome, Trial
from tests.strategies.scs import HERE, PROBLEM, history, review, trial

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
        (trial(1, 1, ramp=((6.0, RungOutcome.DISCOMFORT),), amplitude_ma=None), False),
    ],
)
def test_tolerated_means_rated_under_stimulation_without_harm_or_discomfort(
    facts: Facts, expected: bool
) -> None:
    assert tolerated(facts) is expected


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


def test_a_later_trial_as_strong_lifts_a_bar_and_an_earlier_or_weaker_one_does_not() -> None:
    assert subjects(history(trial(1, 5), trial(2, 1))) == []
    assert subjects(history(trial(1, 5), trial(2, 1, amplitude_ma=5.5))) == []
    assert subjects(history(trial(1, 1), trial(2, 5))) == ["g2-0"]
    assert subjects(history(trial(1, 5), trial(2, 1, amplitude_ma=4.9))) == ["g1-0"]
    assert subjects(history(trial(1, 5), trial(2, 1, configuration="level-5"))) == ["g1-0"]
    assert subjects(history(trial(1, 5), trial(2, 1, stimulation_on=False))) == ["g1-0"]


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


@pytest.mark.parametrize("odd", [{"amplitude_ma": float("inf")}, {"pulse_width_us": float("inf")}])
def test_what_cannot_be_may_be_as_strong_as_any_bar(odd: dict[str, float]) -> None:
    (bar,) = tolerance.bars(PROBLEM, history(trial(1, 5)))
    assert tolerance.blocks(bar, strength.of_point(PROBLEM, {**HERE, "amplitude_ma": 0.1, **odd}))


def test_a_bar_in_an_unknown_configuration_speaks_of_all() -> None:
    (bar,) = tolerance.bars(PROBLEM, history(trial(1, 5, configuration="elsewhere")))
    for configuration in ("level-1", "level-8"):
        as_strong = strength.of_point(PROBLEM, {**HERE, "configuration": configuration})
        assert tolerance.blocks(bar, as_strong)


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
