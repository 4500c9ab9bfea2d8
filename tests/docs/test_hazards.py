"""Every control on the page of hazards has a test, and every test it names exists."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "hazards.md"


def rows() -> list[str]:
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    return [line for line in lines if not line.startswith("| hazard")]


def test_every_hazard_has_a_control_and_a_test() -> None:
    assert len(rows()) > 20
    for row in rows():
        hazard, control, shown = (cell.strip() for cell in row.strip("|").split("|"))
        assert hazard, row
        assert control, row
        assert re.search(r"`tests/[^`]+`", shown), row


def test_every_test_named_exists() -> None:
    named = re.findall(r"`(tests/[a-z0-9_/]+\.py)(?:::(test_\w+))?`", PAGE.read_text(encoding="utf-8"))
    assert len(named) >= len(rows())
    missing = [
        f"{path}::{name}"
        for path, name in named
        if not (ROOT / path).is_file()
        or (name and f"def {name}(" not in (ROOT / path).read_text(encoding="utf-8"))
    ]
    assert missing == []
