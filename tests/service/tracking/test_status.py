"""How far behind MLflow is, asked of the ledger alone."""

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from service.cli import app
from service.errors import DatabaseNotReadyError
from service.settings import Settings
from service.tracking.status import lag


def test_lag_counts_entries_not_shown_yet(tmp_path, writer):
    settings = Settings(data_folder=tmp_path)
    before = lag(settings)
    writer.apply(4.0)
    assert lag(settings) == before + 1


def test_a_ledger_without_schema_is_an_error(tmp_path):
    with pytest.raises(DatabaseNotReadyError):
        lag(Settings(data_folder=tmp_path / "empty"))


def test_the_command_says_it(tmp_path, writer):
    environment = {"TITRATE_DATA_FOLDER": str(tmp_path)}
    said = CliRunner().invoke(app, ["worker", "--status"], env=environment)
    assert said.exit_code == 0
    assert said.stdout == f"entries not shown yet: {lag(Settings(data_folder=tmp_path))}\n"


def test_asking_loads_no_mlflow():
    code = "import sys, service.tracking.status; sys.exit('mlflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
