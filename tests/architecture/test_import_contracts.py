"""The import contracts name the house as it stands, and each breaks when it is violated."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAMING_FIELDS = ("source_modules", "forbidden_modules", "protected_modules", "allowed_importers")

# Rooms a contract may name before they are built. May only shrink: strike a name once its room stands.
MAY_BE_ABSENT = {
    "optimizer.cohort",
}

# contract broken -> file -> its only line
VIOLATIONS = {
    "packages": {"optimizer/space.py": "import service.clock"},
    "optimizer-plain": {"optimizer/space.py": "import pydantic"},
    "optimizer-floors": {"optimizer/space.py": "import optimizer.problem"},
    "service-floors": {"service/db.py": "import service.auth"},
    "light-core": {"optimizer/space.py": "import optimizer.errors", "optimizer/errors.py": "import torch"},
    "no-inverse-crime": {"optimizer/simulate.py": "import optimizer.models"},
    "one-door": {"service/courses.py": "import optimizer.propose"},
    "light-web": {"service/app.py": "import service.tracking", "service/tracking.py": "import mlflow"},
}
INNOCENT = {"optimizer/space.py": "import optimizer.errors", "service/cli.py": "import optimizer.propose"}


def contracts() -> list[dict[str, list[str]]]:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found: list[dict[str, list[str]]] = config["tool"]["importlinter"]["contracts"]
    return found


def named_modules() -> set[str]:
    names: set[str] = set()
    for contract in contracts():
        for field in NAMING_FIELDS:
            names.update(contract.get(field, []))
        for container in contract.get("containers", []):
            parts = [part for layer in contract["layers"] for part in layer.split("|")]
            names.update(f"{container}.{part.strip(' ()')}" for part in parts)
    return {name for name in names if name.split(".")[0] in ("optimizer", "service")}


def stands(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()


def lint(folder: Path, files: dict[str, str]) -> str:
    """Hold the contracts of this repository against a house of the named files."""
    everything = {"optimizer/errors.py": "", "optimizer/propose.py": "", "optimizer/models.py": ""}
    everything |= {"optimizer/problem.py": "", "service/clock.py": "", "service/auth.py": ""}
    everything |= {"optimizer/__init__.py": "", "service/__init__.py": ""} | files
    for name, line in everything.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(line + "\n", encoding="utf-8")
    (folder / "tools").mkdir()
    shutil.copy(ROOT / "tools" / "import_contracts.py", folder / "tools")
    shutil.copy(ROOT / "pyproject.toml", folder)
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def broken(report: str) -> set[str]:
    assert "Contracts:" in report, report
    return {contract["id"] for contract in contracts() if f"{contract['name']} BROKEN" in report}  # type: ignore[misc]


def test_a_contract_names_only_modules_that_exist() -> None:
    absent = {name for name in named_modules() if not stands(name)}
    assert absent - MAY_BE_ABSENT == set(), "misspelt, gone or renamed"


def test_only_named_modules_are_excused_for_being_absent() -> None:
    assert named_modules() >= MAY_BE_ABSENT


def test_every_contract_has_a_violation_that_is_tried() -> None:
    assert set(VIOLATIONS) == {contract["id"] for contract in contracts()}  # type: ignore[comparison-overlap]


def test_an_innocent_house_keeps_every_contract(tmp_path: Path) -> None:
    assert broken(lint(tmp_path, INNOCENT)) == set()


@pytest.mark.parametrize("contract", VIOLATIONS)
def test_a_violation_breaks_its_contract(contract: str, tmp_path: Path) -> None:
    assert contract in broken(lint(tmp_path, VIOLATIONS[contract]))
