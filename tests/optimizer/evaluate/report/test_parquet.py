from pathlib import Path

import pyarrow.parquet

from optimizer.decision import Interval
from optimizer.evaluate.report.parquet import write_parquet
from optimizer.evaluate.trace import Rated
from tests.optimizer.evaluate.traces import MADE, trace


def test_every_trial_can_be_read_back_with_its_origin(tmp_path: Path) -> None:
    run = trace(
        7,
        [1.0, 2.0, 3.0],
        [0.0, 1.0, 5.0],
        4.0,
        decisions=("start", "proposal", "hold"),
        reasons=("", "", "no_rating"),
        claims=(None, Interval(mean=1.0, low=0.5, high=1.5), None),
        rated=(Rated(trial=0, rating=6.0), Rated(trial=1, rating=4.0, probabilities=(0.25, 0.75))),
    )
    path = tmp_path / "trials.parquet"
    write_parquet([run], path)
    rows = pyarrow.parquet.read_table(path).to_pylist()
    assert [row["trial"] for row in rows] == [0, 1, 2]
    assert {(row["patient"], row["code"], row["lock"], row["scenario_fingerprint"]) for row in rows} == {
        (7, MADE.code, MADE.lock, MADE.scenario)
    }
    assert [row["ask_s"] for row in rows] == [None, 0.1, 0.1]
    assert [row["reason"] for row in rows] == ["", "", "no_rating"]
    assert [row["claim_low_nrs"] for row in rows] == [None, 0.5, None]
    assert [row["ratings"] for row in rows] == [[6.0], [4.0], []]
    assert rows[1]["rating_probabilities"] == [0.25, 0.75]
    assert rows[0]["rating_probabilities"] is None
    assert [row["tried_grade"] for row in rows] == [0.0, 1.0, 5.0]
