"""What is printed is what one looks at first, and what went wrong."""

from io import StringIO
from pathlib import Path

from rich.console import Console

from optimizer.evaluate.trace import Trace
from service.evaluation.terminal import look
from tests.optimizer.evaluate.traces import trace

FILES = [Path("x/a.md"), Path("x/a.html"), Path("x/a.parquet"), Path("x/a-learning.png")]


def printed(traces: list[Trace]) -> str:
    shown = StringIO()
    console = Console(file=shown, width=140)
    for part in look(traces, command="titrate evaluate", files=FILES):
        console.print(part)
    return shown.getvalue()


def runs(policy: str, failure: str = "") -> list[Trace]:
    return [
        trace(patient, [0.0, 2.0, 2.0], [0.0, 5.0, 1.0], 4.0, policy=policy, failure=failure)
        for patient in range(3)
    ]


def test_worth_and_cost_are_printed_and_the_page_is_named() -> None:
    text = printed([*runs("safe_bo/1"), *runs("stay/1")])
    for words in (
        "What it was worth",
        "What it cost",
        "Titrate",
        "stay",
        "x/a.html; beside it md, parquet, png",
    ):
        assert words in text
    assert "failed" not in text


def test_a_policy_that_failed_is_named_with_its_reason() -> None:
    assert "mine/1 failed with 3 patients: ZeroDivisionError" in printed(runs("mine/1", "ZeroDivisionError"))


def test_of_many_reasons_the_first_are_printed_and_the_others_counted() -> None:
    found = [run for number in range(5) for run in runs("mine/1", f"E{number}")]
    assert "E0; E1; E2; 2 more in the results" in printed(found)


def test_too_few_patients_are_said_to_be_too_few() -> None:
    assert "too few for a claim" in printed(runs("stay/1"))
