"""The command line as a person meets it: what starts and what is refused; how it ends: ``test_served``."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from service.cli import app
from service.serving import listen
from tests.service.new_ledger import new_ledger

RUN = CliRunner()


def test_help_loads_neither_torch_nor_mlflow_nor_the_web() -> None:
    code = "import sys, service.cli; print(sorted({'torch', 'mlflow', 'fastapi', 'sqlalchemy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_key_is_printed_once_and_a_wrong_role_is_a_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TITRATE_DATA_FOLDER", str(tmp_path))
    new_ledger(tmp_path).close()
    made = RUN.invoke(app, ["keys", "create", "--principal", "ward-3", "--role", "clinician"])
    assert made.exit_code == 0
    assert made.stdout.startswith("titrate_")
    refused = RUN.invoke(app, ["keys", "create", "--principal", "ward-3", "--role", "surgeon"])
    assert refused.exit_code == 2
    assert "clinician" in refused.stderr


@pytest.mark.parametrize(
    "command",
    [
        "keys list",
        "keys create --principal ward-3 --role clinician",
        "ledger verify",
        "ledger checkpoint",
        "ledger public-key",
        "replay --proposal 01938b3e-5f0c-7d2a-9c41-7f1f5f0a8a44",
        "worker --status",
    ],
)
def test_in_the_wrong_folder_a_command_says_so_and_makes_nothing(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TITRATE_DATA_FOLDER", raising=False)
    refused = RUN.invoke(app, command.split())
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert f"ledger {tmp_path}/titrate-data/ledger.sqlite: is not there. Set TITRATE_DATA_" in refused.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_busy_port_and_an_unwritable_folder_are_clear_errors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TITRATE_DATA_FOLDER", str(tmp_path))
    with listen("127.0.0.1", 0) as busy:
        refused = RUN.invoke(app, ["serve", "--port", str(busy.getsockname()[1])])
    assert (refused.exit_code, "port-in-use" in refused.stderr) == (2, True)
    (tmp_path / "file").touch()
    monkeypatch.setenv("TITRATE_DATA_FOLDER", str(tmp_path / "file"))
    refused = RUN.invoke(app, ["serve", "--port", "0"])
    assert (refused.exit_code, "data-folder" in refused.stderr) == (2, True)
