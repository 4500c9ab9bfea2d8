"""The notebook a reader opens first runs from top to bottom, and was committed with what it shows."""

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "notebooks" / "01_one_patient.ipynb"


def outputs(notebook: Any) -> list[Any]:
    return [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]


@pytest.fixture(scope="module")
def executed() -> Any:
    """Run a copy in a kernel of its own, with the constants of the tests."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    client = NotebookClient(
        notebook, timeout=60, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TITRATE_NOTEBOOK_SMALL", "1")
        client.execute()
    return notebook


def test_it_runs_and_draws_course_surface_and_what_was_lived_through(executed: Any) -> None:
    pictures = [output for output in outputs(executed) if "image/png" in output.get("data", {})]
    assert len(pictures) == 3


def test_it_says_what_the_patient_lived_through_against_the_truth(executed: Any) -> None:
    text = "".join(output.get("text", "") for output in outputs(executed))
    for line in ("achievable relief", "truly intolerable trials", "outside a hard limit     0"):
        assert line in text


def test_it_was_committed_with_its_outputs_and_names_no_machine() -> None:
    committed = nbformat.read(NOTEBOOK, as_version=4)
    assert all(
        cell.outputs for cell in committed.cells if cell.cell_type == "code" and "print(" in cell.source
    )
    assert not any(output.output_type == "error" for output in outputs(committed))
    text = json.dumps([cell.source for cell in committed.cells])
    text += "".join(output.get("text", "") for output in outputs(committed))
    assert str(ROOT) not in text
    assert "/home/" not in text
