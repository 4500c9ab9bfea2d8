"""What every test may share: how many examples, and where the recorded data lie."""

import gc
import os
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent
FULL_COUNTS = os.environ.get("TITRATE_ACCEPTANCE") == "1"

# Deadlines measure the machine, not the code.
settings.register_profile(
    "ci",
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=50,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "acceptance",
    deadline=None,
    max_examples=2000,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("acceptance" if FULL_COUNTS else "ci")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Leave torch, MLflow and every test's module out of the garbage collector's rounds: they never become garbage.

    What tests load later hardly ever does, so the rounds are seldom too: together they took a tenth of all time.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(10_000, 10, 10)
        gc.enable()


@pytest.fixture(scope="session")
def full_counts() -> bool:
    """Say whether this is `make acceptance` (full counts) or `make test` (fixed samples)."""
    return FULL_COUNTS


@pytest.fixture
def acceptance_folder(tmp_path: Path) -> Path:
    """Give the folder for tables and figures: docs/acceptance at full counts, else a temporary one."""
    folder = ROOT / "docs" / "acceptance" if FULL_COUNTS else tmp_path / "acceptance"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def shared_folder(variable: str, name: str) -> Path:
    """Find a folder shared beside the repository, or skip with the reason."""
    folder = Path(os.environ.get(variable) or ROOT.parent / "shared" / name)
    if not folder.is_dir():
        pytest.skip(f"no {name} folder: set {variable} to the folder that holds it")
    return folder


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """Give the folder of recorded data sets."""
    return shared_folder("TITRATE_DATA", "data")


@pytest.fixture(scope="session")
def conformance_folder() -> Path:
    """Give the folder of third-party test vectors."""
    return shared_folder("TITRATE_CONFORMANCE", "conformance")
