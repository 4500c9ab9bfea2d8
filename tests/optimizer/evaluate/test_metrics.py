"""Metrics are what their names say, checked by hand."""

import numpy as np
import pytest

from optimizer.evaluate.metrics import mean, ratio, summarise
from optimizer.evaluate.run import Trace


def trace(patient: int, kept: list[float], grade: list[float], achievable: float, **fields: object) -> Trace:
    n = len(kept)
    stated: dict[str, object] = {
        "scenario": "scs-tonic",
        "policy": "p/1",
        "patient": patient,
        "seed": 0,
        "limit_grade": 4.0,
        "severe_grade": 7.0,
        "achievable_nrs": achievable,
        "decisions": ("start",) + ("proposal",) * (n - 1),
        "tried_nrs": tuple(value / 2 for value in kept),
        "tried_grade": tuple(grade),
        "recommended_nrs": tuple(kept),
        "recommended_grade": tuple(grade),
        "n_breaches": 0,
        "ask_s": (0.1,) * (n - 1),
    }
    return Trace(**(stated | fields))  # type: ignore[arg-type]


def test_the_share_is_a_ratio_of_sums_over_patients_with_something_to_gain() -> None:
    traces = [
        trace(0, [1.0] * 5, [0.0] * 5, achievable=4.0),
        trace(1, [2.0] * 5, [0.0] * 5, achievable=2.0),
        trace(2, [0.5] * 5, [0.0] * 5, achievable=0.6),  # in points only
    ]
    (found,) = summarise(traces)
    share = found.shares[5]
    assert share is not None
    assert share.value == pytest.approx(3.0 / 6.0)
    assert (found.n_achievable, found.n_patients) == (2, 3)
    assert found.share_while_searching is not None
    assert found.share_while_searching.value == pytest.approx(1.5 / 6.0)
    assert found.final_nrs.value == pytest.approx(3.5 / 3)
    assert set(found.shares) == {5}


def test_exposures_count_trials_on_the_true_grade() -> None:
    (found,) = summarise([trace(0, [1.0] * 6, [0.0, 4.0, 4.1, 6.9, 7.0, 9.0], achievable=2.0)])
    assert found.exposures.value == 4.0
    assert found.severe_exposures.value == 2.0
    assert found.final_intolerable == 1.0


def test_what_went_wrong_is_counted() -> None:
    decisions = ("start", "hold", "hold", "stop", "stop")
    (found,) = summarise(
        [trace(0, [1.0] * 5, [0.0] * 5, 2.0, decisions=decisions, n_breaches=3, failure="ValueError")]
    )
    assert (found.n_holds, found.n_stops, found.n_breaches, found.n_failures) == (2, 1, 3, 1)


def test_the_interval_resamples_patients_and_not_runs() -> None:
    rng = np.random.default_rng(1)
    level = rng.normal(size=20)
    once = mean(level, np.arange(20))
    repeated = mean(np.repeat(level, 10), np.repeat(np.arange(20), 10))
    assert repeated.high - repeated.low == pytest.approx(once.high - once.low)
    assert once.low < once.value < once.high


def test_no_patients_give_no_ratio() -> None:
    assert ratio(np.array([]), np.array([]), np.array([], dtype=np.int64)) is None
