import numpy as np

from optimizer.evaluate.metrics.calibration import rounded_normal
from optimizer.evaluate.report.comparison import compared
from optimizer.evaluate.report.tables import Table, tables
from optimizer.evaluate.trace import Rated, Trace
from tests.optimizer.evaluate.traces import trace

PREDICTED = tuple(rounded_normal(np.array([5.0]), 1.0, 11)[0].tolist())


def runs() -> list[Trace]:
    rated = tuple(Rated(trial=t, rating=5.0, probabilities=PREDICTED if t else ()) for t in range(5))
    ours = [trace(n, [2.0] * 5, [0.0] * 5, 4.0, policy="safe_bo/1", rated=rated) for n in range(3)]
    return [*ours, *(trace(n, [1.0] * 5, [0.0] * 4 + [8.0], 4.0, policy="random/1") for n in range(3))]


def made(traces: list[Trace]) -> dict[str, Table]:
    found = compared(traces, command="x")
    return {table.heading: table for table in tables(found.traces, found.summaries)}


def test_every_row_has_a_cell_for_every_column() -> None:
    for table in made(runs()).values():
        assert {len(row) for row in table.rows} == {len(table.columns)}, table.heading


def test_cells_stand_under_their_columns() -> None:
    found = made(runs())
    worth = dict(zip(found["What it was worth"].columns, found["What it was worth"].rows[0], strict=True))
    assert (worth["policy"], worth["patients"], worth["after 5"]) == ("Titrate", "3 of 3", "0.50")
    cost = dict(zip(found["What it cost"].columns, found["What it cost"].rows[1], strict=True))
    assert (cost["policy"], cost["above the limit"], cost["severe"], cost["breaches"]) == (
        "uniform random",
        "1.00",
        "1.00",
        "0",
    )


def test_what_nobody_has_is_not_a_column() -> None:
    columns = made(runs())["What a clinic notices"].columns
    assert "visits" in columns
    assert "claimed of nothing, %" not in columns


def test_who_predicts_nothing_is_left_out_of_predictions_only() -> None:
    found = made(runs())
    assert [row[0] for row in found["Whether predictions held"].rows] == ["Titrate"]
    assert len(found["Holds, stops, failures, time"].rows) == 2


def test_ours_is_held_against_each_other_policy() -> None:
    (row,) = made(runs())["Titrate less the others"].rows
    assert (row[0], row[1], row[2]) == ("uniform random", "3", "+0.25 (+0.25 to +0.25)")


def test_a_difference_is_claimed_on_enough_patients_only() -> None:
    for n, claimed in ((199, False), (200, True)):
        many = [
            trace(patient, [level] * 5, [0.0] * 5, 4.0, policy=policy)
            for patient in range(n)
            for policy, level in (("safe_bo/1", 2.0), ("random/1", 1.0))
        ]
        (row,) = made(many)["Titrate less the others"].rows
        assert row[2].startswith("**") is claimed


def test_without_ours_there_is_no_table_of_differences() -> None:
    others = [entry for entry in runs() if entry.policy == "random/1"]
    assert not [heading for heading in made(others) if "less the others" in heading]
