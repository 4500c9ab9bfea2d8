from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from optimizer.history import History
from optimizer.trial import Applied, Trial, TrialKind
from service.ledger.in_force import in_force

NOW = datetime(2026, 11, 21, tzinfo=UTC)
DAY = timedelta(days=1)
START = Applied(values={"amplitude_ma": 1.0})


def trial(amplitude_ma: float, began: timedelta, ended: timedelta | None = None) -> Trial:
    return Trial(
        id=f"t{amplitude_ma}",
        applied=Applied(values={"amplitude_ma": amplitude_ma}),
        occurred_at=NOW + began,
        recorded_at=NOW,
        ended_at=None if ended is None else NOW + ended,
    )


def test_without_a_trial_the_start_is_on() -> None:
    assert in_force(History(), START, NOW) == START


def test_the_latest_that_began_and_did_not_end_is_on() -> None:
    history = History(
        trials=(trial(2, -3 * DAY), trial(3, -2 * DAY), trial(4, -DAY, -DAY / 2), trial(5, DAY))
    )
    assert in_force(history, START, NOW).values == {"amplitude_ma": 3}
    assert in_force(history, START, NOW - 2.5 * DAY).values == {"amplitude_ma": 2}
    assert in_force(history, START, NOW - 0.75 * DAY).values == {"amplitude_ma": 4}


@pytest.mark.parametrize("kind", [TrialKind.BASELINE, TrialKind.STIMULATION_OFF])
def test_what_is_stored_with_stimulation_off_was_not_on(kind: TrialKind) -> None:
    without = replace(trial(8, -DAY), kind=kind)
    assert in_force(History(trials=(without,)), START, NOW) == START
    assert in_force(History(trials=(trial(2, -2 * DAY), without)), START, NOW).values == {"amplitude_ma": 2}
