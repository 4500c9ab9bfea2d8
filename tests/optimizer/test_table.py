"""One row of a researcher's table."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from optimizer import table
from optimizer.errors import OptimizerError, TrialOrderError
from optimizer.history import EPOCH, history_from_rows
from tests.strategies.scs import HERE, PROBLEM


@pytest.mark.parametrize("gap", [None, float("nan"), np.nan, pd.NA, pd.NaT])
def test_what_pandas_has_in_a_gap_is_a_gap(gap: object) -> None:
    assert table.is_gap(gap)


@pytest.mark.parametrize("value", [0, 0.0, "", "NA", False, float("inf")])
def test_what_is_said_is_no_gap(value: object) -> None:
    assert not table.is_gap(value)


def test_a_row_without_a_time_counts_its_number_as_days() -> None:
    assert table.time_of({}, 3, EPOCH) == table.time_of({"day": 3}, 0, EPOCH) == EPOCH + timedelta(days=3)
    assert table.time_of({"at": None, "day": 2.5}, 0, EPOCH) == EPOCH + timedelta(days=2.5)
    at = pd.Timestamp("2026-03-01T10:00", tz="Europe/Paris")
    assert table.time_of({"at": at, "day": 2}, 0, EPOCH) == datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize("day", ["1", None, float("nan"), float("inf"), 1e12, -1e12])
def test_a_day_past_the_calendar_or_none_is_refused(day: object) -> None:
    with pytest.raises(TrialOrderError, match=r"rows\.4\.day: is no day"):
        table.time_of({"day": day}, 4, EPOCH)


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"pain": -1}, r"rows\.1\.pain: is outside .* \(limit: whole numbers 0 to 10\)"),
        ({"discomfort": 3.5}, r"rows\.1\.discomfort: has a fraction"),
        ({"pain": float("inf")}, r"rows\.1\.pain: is not a finite number"),
        ({"amplitude_ma": 0.005}, r"rows\.1\.amplitude_ma: is not on the device grid \(limit: 0 to"),
        ({"pulse_width_us": float("nan")}, r"rows\.1\.pulse_width_us: has no value"),
        ({"at": None}, r"rows\.1\.at: is missing"),
        ({"at": pd.NaT}, r"rows\.1\.at: is missing"),
        ({"at": "2026-03-01"}, r"rows\.1\.at: has no time zone"),
        ({"at": "first of May"}, r"rows\.1\.at: is no time"),
    ],
)
def test_what_is_wrong_in_a_table_is_named_with_row_and_column(wrong: dict[str, object], match: str) -> None:
    with pytest.raises(OptimizerError, match=match):
        history_from_rows(PROBLEM, [HERE, {**HERE, **wrong}])
