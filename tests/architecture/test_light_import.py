"""The light core is light: no torch, and hardly slower to import than numpy."""

import importlib.util
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUDGET_S = 0.05
BUDGET_SHARE = 1.25
"""Of numpy's own import, where that is more: a machine that is slow at one is slow at the other."""
RUNS = 7
HEAVY = (
    "torch",
    "botorch",
    "gpytorch",
    "linear_operator",
    "mlflow",
    "pandas",
    "fastapi",
    "sqlalchemy",
    "pydantic",
)

# processor time: what else the machine is doing is not our import
PROBE = """
import json, sys, time
start = time.process_time()
import numpy
numpy_ready = time.process_time()
for name in sys.argv[1:]:
    __import__(name)
ready = time.process_time()
print(json.dumps({"numpy_s": numpy_ready - start, "ours_s": ready - numpy_ready, "loaded": sorted(sys.modules)}))
"""


def light_core() -> list[str]:
    """Read the list from the import contract, so that there is one."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = config["tool"]["importlinter"]["contracts"]
    named = next(contract["source_modules"] for contract in contracts if contract["id"] == "light-core")
    return [name for name in named if is_present(name)]


def is_present(name: str) -> bool:
    parent = name.rpartition(".")[0]
    return (not parent or is_present(parent)) and importlib.util.find_spec(name) is not None


def probe(names: list[str]) -> dict[str, object]:
    command = [sys.executable, "-c", PROBE, *names]
    # told to write no bytecode, every run would compile our files and none of numpy's
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    # processor time counts numpy's idle threads too, whoever calls pytest
    environment["OMP_NUM_THREADS"] = "1"
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    loaded: dict[str, object] = json.loads(done.stdout)
    return loaded


def test_the_light_core_loads_nothing_heavy() -> None:
    names = light_core()
    assert "optimizer.errors" in names
    loaded = {str(name).split(".")[0] for name in probe(names)["loaded"]}
    assert loaded.isdisjoint(HEAVY), sorted(loaded.intersection(HEAVY))


def test_the_light_core_adds_little_to_the_import_of_numpy() -> None:
    names = light_core()
    probe(names)  # the first run compiles
    # the least of several is the import, the rest is what else the machine was doing: so the first within bounds is enough
    added_s = []
    for _ in range(RUNS):
        found = probe(names)
        added_s.append(found["ours_s"])
        if added_s[-1] < max(BUDGET_S, BUDGET_SHARE * found["numpy_s"]):
            return
    pytest.fail(f"{min(added_s):.3f} s on top of numpy's import")


def test_the_package_roots_load_nothing_heavy() -> None:
    loaded = {str(name).split(".")[0] for name in probe(["optimizer", "service"])["loaded"]}
    assert loaded.isdisjoint(HEAVY)
