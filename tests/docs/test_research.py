"""The researcher's page is true: its code runs as printed, its path is ten lines."""

import re
from pathlib import Path

from optimizer.decision import Proposal

PAGE = Path(__file__).resolve().parents[2] / "docs" / "research.md"


def test_the_researcher_asks_in_at_most_ten_lines_and_the_page_runs() -> None:
    imports, ask, shown, others = re.findall(
        r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL
    )
    assert len(ask.splitlines()) <= 10
    names: dict[str, object] = {}
    for block in (imports, ask, shown, others):
        exec(compile(block, PAGE.name, "exec"), names)  # the page is the test
    decision = names["decision"]
    assert isinstance(decision, Proposal)
    assert decision.settings["amplitude_ma"] <= 12
