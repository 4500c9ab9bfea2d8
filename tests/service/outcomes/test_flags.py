from datetime import UTC, datetime, timedelta

import pytest

from optimizer.errors import UnknownParameterError
from optimizer.history import History, history_from_rows
from optimizer.problem import stimulation_problem
from optimizer.space.device import load_device
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
