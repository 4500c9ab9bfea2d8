from dataclasses import replace

import pytest

from optimizer.errors import DataError
from optimizer.evaluate.report.comparison import compared
from tests.optimizer.evaluate.traces import MADE, trace


def test_ours_comes_first_and_the_others_by_relief_at_the_end() -> None:
    runs = [
        trace(0, [level] * 5, [0.0] * 5, 4.0, policy=policy)
        for policy, level in (("poor/1", 0.1), ("safe_bo/1", 0.2), ("good/1", 3.0))
    ]
    assert [s.policy for s in compared(runs, command="x").summaries] == ["safe_bo/1", "good/1", "poor/1"]


def test_who_met_fewer_patients_comes_after_who_met_more_however_lucky() -> None:
    many = [trace(patient, [1.0] * 5, [0.0] * 5, 4.0, policy="many/1") for patient in range(3)]
    lucky = trace(0, [4.0] * 5, [0.0] * 5, 4.0, policy="lucky/1")
    assert [s.policy for s in compared([lucky, *many], command="x").summaries] == ["many/1", "lucky/1"]


@pytest.mark.parametrize(
    ("other", "named"),
    [
        (trace(1, [1.0] * 5, [0.0] * 5, 4.0, provenance=replace(MADE, code="old")), "code 0.1.0.* and old"),
        (trace(1, [1.0] * 5, [0.0] * 5, 4.0, provenance=replace(MADE, lock="new")), "lock bbbbbbbbbbbb and new"),
        (trace(1, [1.0] * 5, [0.0] * 5, 4.0, provenance=replace(MADE, scenario="s")), "scenario cccccccccccc and s"),
        (trace(1, [1.0] * 6, [0.0] * 6, 4.0), "trials 5 and 6"),
    ],
)  # fmt: skip
def test_what_was_not_made_alike_is_refused_by_name(other: object, named: str) -> None:
    runs = [trace(0, [1.0] * 5, [0.0] * 5, 4.0), other]
    with pytest.raises(DataError, match=named):
        compared(runs, command="x")  # type: ignore[arg-type]


def test_nothing_is_refused() -> None:
    with pytest.raises(DataError, match="no run"):
        compared([], command="x")


def test_too_few_patients_are_said_to_be_so_by_policy() -> None:
    many = [trace(n, [1.0] * 5, [0.0] * 5, 4.0) for n in range(200)]
    slow = [trace(n, [1.0] * 5, [0.0] * 5, 4.0, policy="bofire/1") for n in range(3)]
    assert compared(many, command="x").too_few == ""
    assert compared([*many, *slow], command="x").too_few.endswith("BoFire (3).")
    assert compared(slow, command="x").too_few.startswith("Fewer than 200")


def test_only_the_first_cohort_goes_without_saying() -> None:
    first, other = (
        compared([trace(n, [1.0] * 5, [0.0] * 5, 4.0) for n in range(low, low + 2)], command="x")
        for low in (0, 1000)
    )
    assert first.cohort == "2 synthetic patients"
    assert other.cohort == "2 synthetic patients from number 1000 on"
    assert other.stem == f"{first.stem}-from-1000"


def test_the_origin_names_code_commit_libraries_and_scenario() -> None:
    origin = compared([trace(0, [1.0] * 5, [0.0] * 5, 4.0)], command="x").origin
    for part in (MADE.code, MADE.commit, MADE.lock, MADE.scenario):
        assert part in origin
