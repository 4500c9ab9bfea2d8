from datetime import UTC, datetime

import pytest

from optimizer.errors import EnvelopeError, HardLimitError, SettingsError
from optimizer.history import History, history_from_rows
from optimizer.problem import stimulation_problem
from optimizer.safety import tolerance
from optimizer.space.device import load_device
from service.errors import SettingsClosedError
from service.ledger.applicable import below_bars, check_applicable, check_tolerated, range_left

PROBLEM = stimulation_problem(load_device("scs-tonic"), envelope={"amplitude_ma": (0.0, 20.0)})
START = {"amplitude_ma": 4.5, "pulse_width_us": 300.0, "frequency_hz": 40.0, "configuration": "level-4"}
SEVERE = history_from_rows(
    PROBLEM, [{**START, "pain": 5, "discomfort": 9, "at": datetime(2026, 1, 1, tzinfo=UTC)}]
)


def test_settings_inside_everything_pass() -> None:
    check_applicable(PROBLEM, History(), PROBLEM.space.settings(START))


@pytest.mark.parametrize(
    ("change", "history", "error"),
    [
        ({"amplitude_ma": 20.1}, History(), EnvelopeError),
        ({"amplitude_ma": 20.0, "pulse_width_us": 1000.0}, History(), HardLimitError),
        ({}, SEVERE, SettingsClosedError),
    ],
)
def test_what_nobody_may_override_is_refused(
    change: dict[str, float], history: History, error: type[Exception]
) -> None:
    with pytest.raises(error):
        check_applicable(PROBLEM, history, PROBLEM.space.settings(START | change))


def test_settings_of_another_device_are_refused() -> None:
    vagus = load_device("vns-implanted").space
    with pytest.raises(SettingsError):
        check_applicable(PROBLEM, History(), vagus.at([0] * len(vagus.names)))


INTOLERABLE = history_from_rows(
    PROBLEM, [{**START, "pain": 5, "discomfort": 5, "at": datetime(2026, 1, 1, tzinfo=UTC)}]
)


def test_what_was_not_tolerated_since_the_approval_is_refused_and_what_is_surely_weaker_passes() -> None:
    same, weaker = (PROBLEM.space.settings(START | {"amplitude_ma": ma}) for ma in (4.5, 4.0))
    check_tolerated(PROBLEM, INTOLERABLE, History(), (weaker,))
    with pytest.raises(SettingsClosedError):
        check_tolerated(PROBLEM, INTOLERABLE, History(), (weaker, same))


def test_what_was_on_record_when_it_was_approved_was_the_clinicians_to_say() -> None:
    check_tolerated(PROBLEM, INTOLERABLE, INTOLERABLE, (PROBLEM.space.settings(START),))


def test_without_a_bar_or_without_settings_nothing_is_past_a_bar() -> None:
    barred = tolerance.bars(PROBLEM, INTOLERABLE)
    settings = PROBLEM.space.settings(START)
    assert below_bars(PROBLEM, (), (settings,))
    assert below_bars(PROBLEM, barred, ())
    assert not below_bars(PROBLEM, barred, (settings,))


def test_of_the_patients_range_nothing_is_left_that_was_closed_or_not_tolerated_or_is_past_the_envelope() -> (
    None
):
    at = PROBLEM.space.settings(START | {"amplitude_ma": 4.0})
    assert range_left(PROBLEM, History(), at, (3.2, 4.8)) == (3.2, 4.8)
    assert range_left(PROBLEM, INTOLERABLE, at, (3.2, 4.8)) == (3.2, 4.4)
    assert range_left(PROBLEM, SEVERE, at, (3.2, 4.8)) == (3.2, 4.4)
    assert range_left(PROBLEM, INTOLERABLE, PROBLEM.space.settings(START), (3.6, 4.8)) == (3.6, 4.5), (
        "approved"
    )
    tighter = stimulation_problem(load_device("scs-tonic"), envelope={"amplitude_ma": (3.5, 4.2)})
    assert range_left(tighter, History(), at, (3.2, 4.8)) == (3.5, 4.2)
    assert range_left(PROBLEM, History(), at, None) is None
