"""A comparison keeps what it has: killed or torn, it goes on and comes to the same end."""

import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from optimizer.errors import DataError
from optimizer.evaluate.arena import Comparison, compare, read_results
from optimizer.evaluate.trace import Trace

COMPARISON = Comparison(scenario="scs-tonic", n_trials=5, n_patients=3, policies=("brisk", "stay"))
PROGRAM = f"""
from pathlib import Path
from optimizer.evaluate.arena import Comparison, compare
for trace in compare({COMPARISON!r}, Path("PATH"), jobs=1):
    pass
"""


def sorted_apart_from_clock(traces: list[Trace]) -> list[Trace]:
    return sorted((replace(trace, ask_s=()) for trace in traces), key=lambda t: (t.policy, t.patient))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> list[Trace]:
    return list(compare(COMPARISON, tmp_path_factory.mktemp("whole") / "runs.jsonl"))


@pytest.mark.sampled
def test_a_killed_run_goes_on_without_repeating_or_losing_one(
    whole: list[Trace], tmp_path: Path, full_counts: bool
) -> None:
    results = tmp_path / "runs.jsonl"
    for lines in (1, 3, 5) if full_counts else (3,):
        kill_after(lines, results)
    survived = read_results(results)
    traces = list(compare(COMPARISON, results))
    assert sorted_apart_from_clock(traces) == sorted_apart_from_clock(whole)
    kept = read_results(results)
    assert len(kept) == len(whole) == 6
    assert kept[: len(survived)] == survived, "what was there is kept as it was, clock included"


def kill_after(lines: int, results: Path) -> None:
    """Start the comparison in a process of its own and kill it once the file has so many lines."""
    program = PROGRAM.replace("PATH", str(results))
    with subprocess.Popen([sys.executable, "-c", program]) as process:
        while process.poll() is None:
            if results.is_file() and results.read_bytes().count(b"\n") >= lines:
                process.send_signal(signal.SIGKILL)
                break
            time.sleep(0.002)


def test_a_line_cut_short_is_run_again(whole: list[Trace], tmp_path: Path) -> None:
    results = tmp_path / "runs.jsonl"
    list(compare(COMPARISON, results))
    results.write_bytes(results.read_bytes()[:-40])
    assert sorted_apart_from_clock(list(compare(COMPARISON, results))) == sorted_apart_from_clock(whole)
    assert len(read_results(results)) == 6


def test_the_number_of_processes_changes_nothing(whole: list[Trace], tmp_path: Path) -> None:
    traces = list(compare(COMPARISON, tmp_path / "runs.jsonl", jobs=2))
    assert sorted_apart_from_clock(traces) == sorted_apart_from_clock(whole)


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "runs.jsonl").write_text('{"diary": 1}\n', encoding="utf-8")
    with pytest.raises(DataError, match=r"runs\.jsonl"):
        list(compare(COMPARISON, tmp_path / "runs.jsonl"))


@pytest.mark.parametrize("name", ["oracle", "guarded:oracle", "guarded:"])
def test_an_unknown_policy_is_refused(name: str) -> None:
    with pytest.raises(DataError, match="policies"):
        Comparison(scenario="scs-tonic", n_trials=3, n_patients=1, policies=(name,))


def test_a_policy_inside_our_safety_layer_is_another_than_the_one_outside(tmp_path: Path) -> None:
    both = replace(COMPARISON, n_patients=2, policies=("random", "guarded:random"))
    traces = list(compare(both, tmp_path / "runs.jsonl"))
    worst = {
        name: max(max(t.tried_grade) for t in traces if t.policy == name)
        for name in ("random/1", "guarded:random/1")
    }
    assert worst["guarded:random/1"] < worst["random/1"]
    assert {t.failure for t in traces} == {""}
