from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from optimizer.errors import UnknownParameterError
from optimizer.history import History, applied, history_from_rows
from optimizer.problem import Envelope, stimulation_problem
from optimizer.space.device import load_device
from optimizer.trial import Rung, RungOutcome, Trial
from service.ledger.course_end import CourseEnd
from service.ledger.life_cycle import Status
from service.outcomes import flags

NOW = datetime(2026, 11, 21, tzinfo=UTC)
PROBLEM = stimulation_problem(load_device("scs-tonic"), envelope={"amplitude_ma": (0.0, 9.0)})
START = {"amplitude_ma": 4.5, "pulse_width_us": 300.0, "frequency_hz": 40.0, "configuration": "level-4"}
SEVERE = history_from_rows(PROBLEM, [{**START, "pain": 5, "discomfort": 9, "at": NOW}])


def of(
    change: dict[str, object], history: History | None = None, ahead: timedelta = timedelta()
) -> list[str]:
    values = START | change
    return flags.of_trial(PROBLEM, history or History(), values, occurred_at=NOW + ahead, now=NOW)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, []),
        ({"amplitude_ma": 4.55}, ["off_grid"]),
        ({"amplitude_ma": 9.1}, ["outside_envelope"]),
        ({"amplitude_ma": 25.5, "pulse_width_us": 1000.0}, ["past_limit", "outside_envelope"]),
        ({"amplitude_ma": 9.14}, ["off_grid", "outside_envelope"]),
        ({"amplitude_ma": 400.0}, ["off_grid", "past_limit", "outside_envelope"]),
        ({"pulse_width_us": 1e6, "amplitude_ma": 0.0}, ["off_grid", "past_limit"]),
        ({"configuration": "level-9"}, ["off_grid", "limit_not_checked"]),
    ],
)
def test_what_settings_mean_is_flagged(change: dict[str, object], expected: list[str]) -> None:
    assert of(change) == expected


def test_a_closure_and_a_wrong_clock_are_flagged() -> None:
    assert of({}, SEVERE) == ["closed"]
    assert of({}, ahead=timedelta(minutes=4)) == []
    assert of({}, ahead=timedelta(minutes=6)) == ["in_the_future"]


def test_what_began_after_the_end_of_its_course_is_flagged_and_what_is_told_late_is_not() -> None:
    ended = CourseEnd(sequence=9, reason="goal_reached", occurred_at=NOW, recorded_at=NOW + timedelta(days=3))
    assert flags.of_end(None, NOW) == flags.of_end(ended, NOW) == []
    assert flags.of_end(ended, NOW + timedelta(seconds=1)) == ["after_course_end"]


@pytest.mark.parametrize(
    ("rungs_ma", "change", "expected"),
    [
        ((), {}, []),
        ((4.4, 4.5), {}, []),
        ((4.6, 4.5), {}, ["ramp_past_settings"]),
        ((9.1, 4.5), {}, ["ramp_past_settings", "outside_envelope"]),
        ((400.0,), {}, ["ramp_past_settings", "past_limit", "outside_envelope"]),
        ((8.9,), {"pulse_width_us": 1000.0}, ["ramp_past_settings", "past_limit"]),
    ],
)
def test_a_rung_past_the_settings_the_device_or_a_limit_is_flagged(
    rungs_ma: tuple[float, ...], change: dict[str, float | str], expected: list[str]
) -> None:
    ramp = tuple(Rung(amplitude_ma=rung_ma, outcome=RungOutcome.TOLERATED) for rung_ma in rungs_ma)
    values = applied(PROBLEM, START | change)  # type: ignore[arg-type]
    trial = Trial(id="t", applied=values, occurred_at=NOW, recorded_at=NOW, ramp=ramp)
    assert flags.of_ramp(PROBLEM, trial) == expected


def test_a_category_the_clinician_left_out_is_outside_the_envelope() -> None:
    narrow = replace(PROBLEM, envelope=Envelope(choices={"configuration": ("level-4",)}))
    for place, expected in (("level-4", []), ("level-5", ["outside_envelope"])):
        values = START | {"configuration": place}
        found = flags.of_trial(narrow, History(), values, occurred_at=NOW, now=NOW)  # type: ignore[arg-type]
        assert found == expected


@pytest.mark.parametrize(
    "values",
    [
        {"amplitude_ma": 1.0},
        START | {"extra": 1.0},
        START | {"configuration": 4.0},
        START | {"amplitude_ma": "high"},
    ],
)
def test_what_is_no_settings_at_all_is_refused(values: dict[str, float | str]) -> None:
    with pytest.raises(UnknownParameterError):
        flags.check_shape(PROBLEM, values)


def test_a_trial_nobody_approved_is_flagged() -> None:
    assert flags.of_status(None, was_approved=False) == ["not_proposed"]
    assert flags.of_status(Status.WITHDRAWN, was_approved=True) == ["not_approved"]
    assert flags.of_status(Status.EXPIRED, was_approved=False) == ["not_approved"]
    assert flags.of_status(Status.EDITED, was_approved=True) == []
    assert flags.of_status(Status.EXPIRED, was_approved=True) == [], "it may be reported late"
