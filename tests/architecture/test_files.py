"""The shape of the house, file by file."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("optimizer", "service")
CEILING = 350
TEST_CEILING = 450
MIRROR_FROM = 25

# module -> why it has no test file of its own. May only shrink: raise MOST_EXCUSED never, lower it when one goes.
EXCUSED: dict[str, str] = {}
MOST_EXCUSED = 0

# Alembic writes and loads these by path; tests/service/db checks them by running them.
UNMIRRORED_FOLDERS = ("service/db/migrations/",)


def modules() -> list[Path]:
    return sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def line_count(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def mirror_of(path: Path) -> Path:
    inside = path.relative_to(ROOT)
    stem = inside.parent.name if path.name == "__init__.py" else path.stem
    return ROOT / "tests" / inside.parent / f"test_{stem.strip('_')}.py"


def must_be_mirrored(path: Path) -> bool:
    return line_count(path) > MIRROR_FROM and not name_of(path).startswith(UNMIRRORED_FOLDERS)


def test_both_packages_are_looked_at() -> None:
    for package in PACKAGES:
        assert (ROOT / package / "__init__.py").is_file()


def test_no_module_is_longer_than_the_ceiling() -> None:
    long = {name_of(path): count for path in modules() if (count := line_count(path)) > CEILING}
    assert long == {}


def test_no_test_file_is_longer_than_its_ceiling() -> None:
    tests = sorted((ROOT / "tests").rglob("*.py"))
    long = {name_of(path): count for path in tests if (count := line_count(path)) > TEST_CEILING}
    assert tests
    assert long == {}


def test_no_file_is_named_for_having_no_place() -> None:
    nowhere = re.compile(r"(^|_)(utils?|helpers?|common|managers?|misc)(_|$)")
    everything = [path for folder in (*PACKAGES, "tests", "tools") for path in (ROOT / folder).rglob("*")]
    assert everything
    named = [
        name_of(path) for path in everything if nowhere.search(path.stem) and "__pycache__" not in path.parts
    ]
    assert named == []


def test_every_module_has_a_mirror_test_file() -> None:
    missing = {
        name_of(path): name_of(mirror_of(path))
        for path in modules()
        if must_be_mirrored(path) and name_of(path) not in EXCUSED and not mirror_of(path).is_file()
    }
    assert missing == {}


def test_excuses_are_few_reasoned_and_not_stale() -> None:
    assert len(EXCUSED) == MOST_EXCUSED
    for name, reason in EXCUSED.items():
        path = ROOT / name
        assert reason.strip(), name
        assert path.is_file(), f"{name} is gone: remove its excuse"
        assert must_be_mirrored(path), f"{name} needs no excuse"
        assert not mirror_of(path).is_file(), f"{name} has a test file now: remove its excuse"


@pytest.mark.parametrize(
    ("module", "mirror"),
    [
        ("optimizer/errors.py", "tests/optimizer/test_errors.py"),
        ("optimizer/space/__init__.py", "tests/optimizer/space/test_space.py"),
        ("service/proposals/_row.py", "tests/service/proposals/test_row.py"),
    ],
)
def test_a_mirror_stands_at_the_same_place(module: str, mirror: str) -> None:
    assert name_of(mirror_of(ROOT / module)) == mirror
