"""The page of a comparison says what was compared, how, and what came out."""

from pathlib import Path

import pytest

from optimizer.evaluate.arena_report import learning_curves, markdown, save
from optimizer.evaluate.metrics import summarise
from optimizer.evaluate.run import Trace, run_policy
from optimizer.policies.ladder import GENTLE
from optimizer.policies.stay import STAY


@pytest.fixture(scope="module")
def traces() -> list[Trace]:
    return [
        run_policy("scs-tonic", policy, patient, n_trials=5)
        for policy in (GENTLE, STAY)
        for patient in (0, 1)
    ]


def test_the_page_has_two_lines_a_policy_and_says_how_it_was_made(traces: list[Trace]) -> None:
    page = markdown(traces, command="titrate evaluate --made-so")
    assert "`titrate evaluate --made-so`" in page
    assert "nothing here is evidence of clinical benefit" in page
    gentle = next(entry for entry in summarise(traces) if entry.policy == GENTLE.name)
    assert gentle.shares[5] is not None
    assert f"| ladder_gentle | {gentle.n_achievable} | {gentle.shares[5].value:.2f} (" in page
    assert page.count("| ladder_gentle |") == page.count("| stay |") == 2


def test_a_curve_ends_at_the_share_of_the_table(traces: list[Trace]) -> None:
    shares = {entry.policy.partition("/")[0]: entry.shares[5] for entry in summarise(traces)}
    for curve in learning_curves(traces):
        expected = shares[curve.label]
        assert expected is not None
        assert curve.mean[-1] == pytest.approx(expected.value)
        assert len(curve.trials) == 5


def test_page_and_picture_are_written(traces: list[Trace], tmp_path: Path) -> None:
    page, picture = save(traces, tmp_path / "out", command="x")
    assert page.name == "scs-tonic-5.md"
    assert picture.read_bytes().startswith(b"\x89PNG")
