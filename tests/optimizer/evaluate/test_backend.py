"""Neither a kill nor where the runs are run changes a number, loses a run or repeats one."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from optimizer.errors import DataError
from optimizer.evaluate import backend
from optimizer.evaluate.arena import Comparison, compare
from optimizer.evaluate.backend import DASK, Backend, run_all
from optimizer.evaluate.results import read_results
from optimizer.evaluate.schedule import Job
from optimizer.evaluate.trace import Trace
from tests.optimizer.evaluate.cluster import scheduler
from tests.optimizer.evaluate.crooked import DIES
from tests.optimizer.evaluate.killed import PROGRAM, apart_from_clock, kill_after

SMALL = Comparison(scenario="scs-tonic", n_trials=4, n_patients=3, policies=("brisk", "stay"))
FULL = replace(
    SMALL, n_trials=12, n_patients=8, policies=("safe_bo", "brisk", "gentle", "random_safe", "random", "stay")
)


@pytest.fixture(scope="module")
def comparison(full_counts: bool) -> Comparison:
    return FULL if full_counts else SMALL


@pytest.fixture(scope="module")
def whole(comparison: Comparison, tmp_path_factory: pytest.TempPathFactory) -> list[Trace]:
    """Give the comparison run in one process, uninterrupted."""
    results = tmp_path_factory.mktemp("whole") / "runs.jsonl"
    return list(compare(comparison, results, backend=Backend(n_processes=1)))


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with scheduler(tmp_path_factory.mktemp("cluster"), n_workers=2) as address:
        yield address


@pytest.mark.parametrize(
    "where",
    [
        pytest.param("one process", marks=pytest.mark.acceptance),
        pytest.param("two processes", marks=pytest.mark.sampled),
        pytest.param(DASK, marks=pytest.mark.acceptance),
    ],
)
def test_a_killed_comparison_goes_on_without_repeating_or_losing_a_run(
    where: str,
    comparison: Comparison,
    whole: list[Trace],
    tmp_path: Path,
    full_counts: bool,
    request: pytest.FixtureRequest,
) -> None:
    on = backend_of(where, request)
    results = tmp_path / "runs.jsonl"
    program = PROGRAM.format(comparison=comparison, results=str(results), backend=on)
    n_runs = len(whole)
    for n_kept in (n_runs // 5, n_runs // 2, 4 * n_runs // 5) if full_counts else (n_runs // 3,):
        assert kill_after(n_kept, program, results) < n_runs
    survived = read_results(results)
    traces = list(compare(comparison, results, backend=on if full_counts else Backend(n_processes=1)))
    assert apart_from_clock(traces) == apart_from_clock(whole)
    assert len(read_results(results)) == n_runs
    assert read_results(results)[: len(survived)] == survived, "what was there is as it was, clock included"


def backend_of(where: str, request: pytest.FixtureRequest) -> Backend:
    if where == DASK:
        return Backend(name=DASK, scheduler=request.getfixturevalue("address"))
    return Backend(n_processes=1 if where == "one process" else 2)


def test_a_run_has_one_thread_whatever_the_process_has(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[set[int]] = []
    monkeypatch.setattr(backend, "run_policy", lambda *_, **__: seen.append(n_threads()))
    with threadpool_limits(2):
        backend._run("scs-tonic", None, 0, n_trials=2, parent=None)
        assert (seen, n_threads()) == ([{1}], {2})


def n_threads() -> set[int]:
    return {pool["num_threads"] for pool in threadpool_info()}


def test_a_process_that_dies_is_a_clear_error() -> None:
    jobs = [Job(policy=DIES, patient=0)] * 2
    with pytest.raises(DataError, match=r"killed.*again"):
        list(run_all(jobs, "scs-tonic", 2, Backend(n_processes=2)))


@pytest.mark.parametrize(
    ("name", "address", "field"),
    [("ray", None, "backend"), ("dask", None, "scheduler"), ("loky", "tcp://127.0.0.1:1", "scheduler")],
)
def test_a_backend_that_cannot_be_is_refused(name: str, address: str | None, field: str) -> None:
    with pytest.raises(DataError, match=field):
        Backend(name=name, scheduler=address)
