"""A comparison keeps what it has: killed or torn, it goes on and comes to the same end."""

from dataclasses import replace
from pathlib import Path

import pytest

from optimizer.errors import DataError
from optimizer.evaluate.arena import Comparison, compare, kept
from optimizer.evaluate.backend import Backend
from optimizer.evaluate.results import ResultsFile, read_results
from optimizer.evaluate.trace import Trace
from optimizer.policies.stay import STAY
from tests.optimizer.evaluate.crooked import OFF_GRID, RAISES
from tests.optimizer.evaluate.killed import apart_from_clock

HERE = Backend(n_processes=1)
COMPARISON = Comparison(scenario="scs-tonic", n_trials=4, n_patients=3, policies=("brisk", "stay"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    results = tmp_path_factory.mktemp("whole") / "runs.jsonl"
    list(compare(COMPARISON, results, backend=HERE))
    return results


def copied(results: Path, folder: Path) -> Path:
    copy = folder / results.name
    copy.write_bytes(results.read_bytes())
    return copy


def test_a_line_cut_short_is_run_again(whole: Path, tmp_path: Path) -> None:
    results = copied(whole, tmp_path)
    results.write_bytes(results.read_bytes()[:-40])
    traces = list(compare(COMPARISON, results, backend=HERE))
    assert apart_from_clock(traces) == apart_from_clock(read_results(whole))
    assert len(read_results(results)) == 6


def test_what_is_there_is_not_run_again_and_comes_first(whole: Path, tmp_path: Path) -> None:
    results = copied(whole, tmp_path)
    more = replace(COMPARISON, policies=("brisk", "random"), n_patients=2)
    traces = list(compare(more, results, backend=HERE))
    there = [t for t in read_results(whole) if t.policy == "ladder_brisk/1" and t.patient < 2]
    assert traces[:2] == there, "clock included"
    assert [t.policy for t in traces[2:]] == ["random/1"] * 2
    assert len(read_results(results)) == 8


def test_a_run_kept_twice_counts_once(whole: Path, tmp_path: Path) -> None:
    results = copied(whole, tmp_path)
    results.write_bytes(results.read_bytes() * 2)
    assert kept(COMPARISON, results) == read_results(whole)


def test_another_cohort_is_other_patients_in_other_files(whole: Path) -> None:
    other = replace(COMPARISON, first_patient=3)
    assert {job.patient for job in other.jobs()} == {3, 4, 5}
    assert kept(other, whole) == []
    assert other.stem == f"{COMPARISON.stem}-from-3"
    with pytest.raises(DataError, match="first_patient: is negative"):
        replace(COMPARISON, first_patient=-1)


def test_another_length_or_scenario_is_another_run(whole: Path) -> None:
    assert kept(replace(COMPARISON, n_trials=5), whole) == []
    assert kept(replace(COMPARISON, scenario="scs-tonic-drift"), whole) == []


def test_runs_of_another_code_are_not_gone_on_from_but_may_be_read(whole: Path, tmp_path: Path) -> None:
    results = tmp_path / "runs.jsonl"
    with ResultsFile(results) as file:
        for trace in read_results(whole):
            file.append(replace(trace, provenance=replace(trace.provenance, code="0.0.1+other")))
    assert len(list(compare(COMPARISON, results, backend=HERE))) == 6
    with pytest.raises(DataError, match=r"runs\.jsonl.*another code"):
        list(compare(replace(COMPARISON, n_patients=4), results, backend=HERE))


def test_a_comparison_given_up_keeps_what_has_ended(tmp_path: Path) -> None:
    results = tmp_path / "runs.jsonl"
    runs = compare(COMPARISON, results, backend=HERE)
    first = [next(runs), next(runs)]
    runs.close()  # warnings are errors here: nothing warns of what was given up
    assert read_results(results) == first
    assert len(list(compare(COMPARISON, results, backend=HERE))) == 6


def test_a_policy_that_breaks_fails_alone(tmp_path: Path) -> None:
    both = replace(COMPARISON, n_patients=2, policies=(RAISES, OFF_GRID, STAY))
    traces = list(compare(both, tmp_path / "runs.jsonl", backend=HERE))
    assert {(t.policy, t.patient): t.failure.partition(":")[0] for t in traces} == {
        **{("raises/1", n): "RuntimeError" for n in range(2)},
        **{("off-grid/1", n): "PolicyError" for n in range(2)},
        **{("stay/1", n): "" for n in range(2)},
    }


def test_a_slow_policy_may_meet_fewer_patients_than_the_others() -> None:
    jobs = replace(COMPARISON, policies=("brisk", "stay@1")).jobs()
    assert [(job.policy.name, job.patient) for job in jobs] == [
        *(("ladder_brisk/1", n) for n in range(3)),
        ("stay/1", 0),
    ]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"policies": ("oracle",)}, "policies"),
        ({"policies": ("stay", STAY)}, "policies"),
        ({"policies": ()}, "policies"),
        ({"scenario": "nowhere"}, "nowhere"),
    ],
)
def test_what_there_is_not_is_refused_before_anything_runs(changes: dict[str, object], field: str) -> None:
    with pytest.raises(DataError, match=field):
        replace(COMPARISON, **changes)  # type: ignore[arg-type]


def test_a_policy_inside_our_safety_layer_is_another_than_the_one_outside(tmp_path: Path) -> None:
    both = replace(COMPARISON, n_trials=5, n_patients=2, policies=("random", "guarded:random"))
    traces = list(compare(both, tmp_path / "runs.jsonl", backend=HERE))
    assert worst_grade(traces, "guarded:random/1") < worst_grade(traces, "random/1")
    assert {t.failure for t in traces} == {""}


def worst_grade(traces: list[Trace], policy: str) -> float:
    return max(max(t.tried_grade) for t in traces if t.policy == policy)
