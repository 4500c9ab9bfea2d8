"""The notebook on cohorts runs from top to bottom, and was committed with what it shows."""

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "notebooks" / "02_cohort_evaluation.ipynb"


def outputs(notebook: Any) -> list[Any]:
    return [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]


def text_of(notebook: Any) -> str:
    shown = (output.get("text", "") + str(output.get("data", {})) for output in outputs(notebook))
    return "".join(shown)


@pytest.mark.acceptance
def test_it_runs_goes_on_after_the_interruption_and_draws_its_figures(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    monkeypatch.setenv("TITRATE_NOTEBOOK_SMALL", "1")
    NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}
    ).execute()
    text = text_of(notebook)
    for line in ("kept when it was interrupted: 7", "in the end: 10 runs; 0 failures", "of 2 patients"):
        assert line in text
    assert text.count("image/png") == 3


def test_it_was_committed_with_its_outputs_and_names_no_machine() -> None:
    committed = nbformat.read(NOTEBOOK, as_version=4)
    text = text_of(committed)
    assert {output.output_type for output in outputs(committed)} <= {
        "stream",
        "execute_result",
        "display_data",
    }
    assert not any(output.get("name") == "stderr" for output in outputs(committed))
    assert "in the end: 60 runs; 0 failures" in text
    assert text.count("image/png") == 3
    text += json.dumps([cell.source for cell in committed.cells])
    for place in (str(ROOT), "/home/", "/tmp/", "site-packages"):
        assert place not in text
