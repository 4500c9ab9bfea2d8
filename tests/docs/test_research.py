"""The researcher's page is true: its code runs as printed, its path is ten lines."""

import re
from pathlib import Path
from typing import Any

import pytest

from optimizer.decision import Proposal
from optimizer.evaluate.arena import Comparison, compare
from optimizer.evaluate.backend import Backend
from optimizer.evaluate.report.comparison import compared
from optimizer.evaluate.report.page import page

PAGE = Path(__file__).resolve().parents[2] / "docs" / "research.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the page's code leaves behind, run from top to bottom in a folder with the device file it prints."""
    folder = tmp_path_factory.mktemp("researcher")
    device, *_ = blocks("toml")
    (folder / "lab.toml").write_text(device, encoding="utf-8")
    found: dict[str, Any] = {"__name__": "page"}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for block in blocks("python"):
            exec(compile(block, PAGE.name, "exec"), found)  # the page is the test
        assert Path("surface.png").is_file()
    return found


def test_the_researcher_asks_in_at_most_ten_lines_and_the_page_runs(names: dict[str, Any]) -> None:
    asked = next(block for block in blocks("python") if "decision = propose" in block)
    assert len(asked.splitlines()) <= 10
    assert isinstance(names["decision"], Proposal)
    assert names["decision"].settings["amplitude_ma"] <= 12


def test_the_page_s_own_device_policy_acquisition_and_patient_do_what_it_says(names: dict[str, Any]) -> None:
    assert names["lab"].device == "lab/1"
    assert len(names["worth"]) == len(names["choices"]) > 100
    assert names["trace"].failure == ""
    assert isinstance(names["advice"], Proposal)


def test_the_page_s_own_scenario_with_patients_of_its_own_is_one_of_the_arena(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for block in blocks("toml")[1:]:
        name, _, content = block.removeprefix("# ").partition("\n")
        (tmp_path / name).write_text(content, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    ours = Comparison(scenario="ours.toml", policies=("stay",), n_trials=2, n_patients=1)
    (trace,) = compare(ours, tmp_path / "runs.jsonl", backend=Backend(n_processes=1))
    assert (trace.scenario, trace.failure, ours.stem) == ("ours.toml", "", "ours-2")
    assert "started a tenth above perception" in page(compared([trace], command="x"))
