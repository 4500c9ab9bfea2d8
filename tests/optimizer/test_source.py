"""An edit under the same version number is another optimiser; an edit of what only measures is not."""

import shutil
from pathlib import Path

import pytest

from optimizer import source


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    return Path(
        shutil.copytree(source.PACKAGE, tmp_path / "optimizer", ignore=shutil.ignore_patterns("*.pyc"))
    )


@pytest.mark.parametrize(
    ("name", "decides"),
    [
        ("propose.py", True),
        ("safety/closure.py", True),
        ("space/devices/scs-tonic.toml", True),
        ("evaluate/run.py", False),
        ("simulate/body.py", False),
        ("figures/course.py", False),
    ],
)
def test_one_more_line_in_what_decides_is_another_optimiser(name: str, decides: bool, copied: Path) -> None:
    assert source.digest(copied) == source.digest(), "the same files say the same wherever they lie"
    with (copied / name).open("a") as file:
        file.write("\n# one more line\n")
    assert (source.digest(copied) != source.digest()) is decides


def test_a_file_that_comes_goes_or_changes_its_name_is_noticed(copied: Path) -> None:
    before = source.digest(copied)
    (copied / "policies" / "another.py").write_text("", encoding="utf-8")
    came = source.digest(copied)
    (copied / "policies" / "another.py").rename(copied / "policies" / "renamed.py")
    assert len({before, came, source.digest(copied)}) == 3
