"""The stopping rule advises with a reason, and a benchmark can switch it off."""

import pytest

from optimizer.decision import StopReason
from optimizer.stopping.gain import ENOUGH_TRIALS, is_due, reason_to_stop


@pytest.mark.parametrize(
    ("n_trials", "gain", "threshold", "p_noticeable", "expected"),
    [
        (ENOUGH_TRIALS, 0.1, 0.5, None, StopReason.GAIN_TOO_SMALL),
        (ENOUGH_TRIALS, 0.1, 0.5, 0.8, StopReason.GAIN_TOO_SMALL),
        (ENOUGH_TRIALS, 0.1, 0.5, 0.01, StopReason.NO_SETTING_HELPS),
        (ENOUGH_TRIALS, 0.6, 0.5, 0.01, None),
        (ENOUGH_TRIALS - 1, 0.1, 0.5, 0.01, None),
        (ENOUGH_TRIALS, 0.0, 0.0, 0.01, None),
    ],
)
def test_the_reason_follows_from_gain_trials_and_relief(
    n_trials: int, gain: float, threshold: float, p_noticeable: float | None, expected: StopReason | None
) -> None:
    found = reason_to_stop(
        n_trials=n_trials, remaining_gain_nrs=gain, min_gain_nrs=threshold, p_noticeable=p_noticeable
    )
    assert found is expected


@pytest.mark.parametrize(
    ("n_trials", "threshold", "due"),
    [(ENOUGH_TRIALS, 0.5, True), (ENOUGH_TRIALS - 1, 0.5, False), (ENOUGH_TRIALS, 0.0, False)],
)
def test_what_remains_is_not_looked_for_where_it_could_not_end_the_search(
    n_trials: int, threshold: float, due: bool
) -> None:
    assert is_due(n_trials=n_trials, min_gain_nrs=threshold) is due
