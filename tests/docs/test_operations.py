"""The page of operations is true: its units are well formed, what it names is there."""

import importlib.util
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from service.demo.processes import NO_ACCESS_LOG
from service.metrics import REGISTRY
from service.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze on this machine")
def test_the_units_are_well_formed(tmp_path: Path) -> None:
    units = sorted([*DEPLOY.glob("*.service"), *DEPLOY.glob("*.target")])
    assert len(units) == 5
    for unit in units:
        # what they start is not installed here: any program in its place
        text = re.sub(r"/opt/titrate/\.venv/bin/\w+", "/bin/true", unit.read_text(encoding="utf-8"))
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *(str(tmp_path / unit.name) for unit in units)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_unit_of_mlflow_keeps_no_access_log_either() -> None:
    unit = (DEPLOY / "titrate-mlflow.service").read_text(encoding="utf-8")
    (start,) = re.findall(r"^ExecStart=(.*)$", unit, re.MULTILINE)
    assert NO_ACCESS_LOG in start.split()


def test_no_unit_shows_a_password_to_whoever_lists_processes() -> None:
    for unit in DEPLOY.glob("*.service"):
        (start,) = re.findall(r"^ExecStart=(.*)$", unit.read_text(encoding="utf-8"), re.MULTILINE)
        assert "$" not in start, "systemd puts the value on the command line"
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    (name,) = re.findall(r"`(\w+)=postgresql://[^`]*/mlflow`", page)
    installed = importlib.util.find_spec("mlflow")
    assert installed is not None
    assert installed.origin is not None
    options = Path(installed.origin).parent / "cli" / "__init__.py"  # to import it takes ten seconds
    assert f'"--backend-store-uri",\n    envvar="{name}"' in options.read_text(encoding="utf-8")


def test_no_unit_gives_up_while_the_database_is_away() -> None:
    for unit in DEPLOY.glob("*.service"):
        text = unit.read_text(encoding="utf-8")
        assert "\nRestart=always\n" in text
        assert "\nStartLimitIntervalSec=0\n" in text.partition("[Service]")[0]


def test_every_setting_a_unit_names_is_a_setting() -> None:
    text = "\n".join(file.read_text(encoding="utf-8") for file in DEPLOY.iterdir())
    named = {name.lower() for name in re.findall(r"TITRATE_([A-Z_]+)=", text)}
    assert "metrics_port" in named
    assert named <= set(Settings.model_fields)
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert {name.lower() for name in re.findall(r"TITRATE_([A-Z_]+)", page)} <= set(Settings.model_fields)


def test_every_metric_of_the_page_is_measured() -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    known = {family.name for family in REGISTRY.collect()}
    named = {name.removesuffix("_total") for name in re.findall(r"`(titrate_\w+)", page)}
    assert named - {"titrate_owner", "titrate_service"} <= known
    assert {name for name in known if name.startswith("titrate_")} - named <= {
        "titrate",
        "titrate_optimizer_seconds",
    }
