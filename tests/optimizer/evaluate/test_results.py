"""A run is kept whole or not at all, by one writer at a time."""

from dataclasses import replace
from pathlib import Path

import pytest

from optimizer.errors import DataError
from optimizer.evaluate.results import ResultsFile, read_results
from optimizer.evaluate.run import run_policy
from optimizer.evaluate.trace import Trace
from optimizer.policies.stay import STAY


@pytest.fixture(scope="module")
def traces() -> list[Trace]:
    first = run_policy("scs-tonic", STAY, 0, n_trials=2)
    return [first, replace(first, patient=1)]


def test_what_is_kept_is_read_back_as_it_was(traces: list[Trace], tmp_path: Path) -> None:
    path = tmp_path / "new" / "runs.jsonl"
    assert read_results(path) == []
    for trace in traces:
        with ResultsFile(path) as file:
            file.append(trace)
    assert read_results(path) == traces


@pytest.mark.parametrize("cut", [1, 40])
def test_a_line_cut_short_is_left_out_and_written_over(traces: list[Trace], tmp_path: Path, cut: int) -> None:
    path = tmp_path / "runs.jsonl"
    with ResultsFile(path) as file:
        file.append(traces[0])
        file.append(traces[1])
    path.write_bytes(path.read_bytes()[:-cut])
    assert read_results(path) == traces[:1]
    with ResultsFile(path) as file:
        file.mend()
        file.append(traces[1])
    assert read_results(path) == traces


def test_a_file_has_one_writer_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "runs.jsonl"
    with (
        ResultsFile(path),
        pytest.raises(DataError, match=r"runs\.jsonl: is being written"),
        ResultsFile(path),
    ):
        pass
    with ResultsFile(path):
        pass


def test_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "runs.jsonl"
    path.write_text('{"diary": 1}\n', encoding="utf-8")
    with pytest.raises(DataError, match=r"runs\.jsonl"):
        read_results(path)
    assert path.read_text(encoding="utf-8") == '{"diary": 1}\n'


def test_a_closed_file_takes_nothing(traces: list[Trace], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="open"):
        ResultsFile(tmp_path / "runs.jsonl").append(traces[0])
