"""The commands a researcher uses without a service."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from optimizer import canonical
from optimizer.decision import Proposal, decode_decision
from optimizer.prior import Prior
from service.cli import app

RUN = CliRunner()


@pytest.fixture
def example(tmp_path: Path) -> list[str]:
    folder = tmp_path / "example"
    assert RUN.invoke(app, ["propose", "--example", str(folder)]).exit_code == 0
    return [f"--{name}={folder / name}.json" for name in ("problem", "history", "ask")]


def test_the_example_documents_give_a_decision_on_standard_output(example: list[str]) -> None:
    done = RUN.invoke(app, ["propose", *example])
    assert done.exit_code == 0, done.output
    decision = decode_decision(done.stdout)
    assert isinstance(decision, Proposal)
    assert canonical.encode(decision) == done.stdout.strip().encode()


def test_a_decision_goes_to_a_file_and_carries_the_version_of_the_prior(
    example: list[str], tmp_path: Path
) -> None:
    prior, out = tmp_path / "prior.json", tmp_path / "decision.json"
    prior.write_bytes(canonical.encode(Prior(version="mine/1")))
    done = RUN.invoke(app, ["propose", *example, f"--prior={prior}", f"--out={out}", "--seed=3"])
    assert (done.exit_code, done.stdout) == (0, "")
    decision = decode_decision(out.read_bytes())
    assert decision.basis is not None
    assert (decision.basis.prior_version, decision.basis.seed) == ("mine/1", 3)


@pytest.mark.parametrize("option", ["--problem", "--history", "--ask"])
def test_a_file_that_is_not_what_it_should_be_is_refused_by_name(
    example: list[str], option: str, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text('{"content": {"pain": 9}, "format": "titrate.Diary", "version": 1}', encoding="utf-8")
    done = RUN.invoke(app, ["propose", *example, f"{option}={wrong}"])
    assert done.exit_code == 2
    assert "format: names another kind of document" in done.stderr
    assert "[malformed-document]" in done.stderr


def test_a_missing_file_and_a_missing_option_are_refused(example: list[str], tmp_path: Path) -> None:
    absent = RUN.invoke(app, ["propose", *example, f"--ask={tmp_path / 'absent.json'}"])
    assert (absent.exit_code, "No such file" in absent.stderr) == (2, True)
    nothing = RUN.invoke(app, ["propose"])
    assert (nothing.exit_code, "--problem" in nothing.stderr) == (2, True)


def test_help_loads_neither_torch_nor_mlflow() -> None:
    program = (
        "import sys\nfrom typer.testing import CliRunner\nfrom service.cli import app\n"
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0\n"
        "print(sorted({'torch', 'mlflow'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
