import re
from html.parser import HTMLParser

import pytest

from optimizer.evaluate.report.comparison import compared
from optimizer.evaluate.report.page import page
from tests.optimizer.evaluate.traces import MADE, trace


@pytest.fixture(scope="module")
def written() -> str:
    runs = [
        trace(n, [level] * 5, [0.0] * 5, 4.0, policy=policy)
        for n in range(200)
        for policy, level in (("safe_bo/1", 2.0), ("optuna_tpe/1", 1.0))
    ]
    return page(compared(runs, command="titrate evaluate --policies 'a<b'"))


class Outline(HTMLParser):
    """What a page asks for from elsewhere, and whether its elements are closed."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.open: list[str] = []
        self.rows: list[list[str]] = []
        self.images = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.asked += [value or "" for name, value in attrs if name in {"src", "href", "srcset", "action"}]
        self.images += tag == "img"
        assert tag not in {"script", "link", "iframe", "object"}
        if tag not in {"meta", "img"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_needs_nothing_from_elsewhere(written: str) -> None:
    outline = Outline()
    outline.feed(written)
    assert outline.open == []
    assert outline.images == 4
    assert all(value.startswith("data:image/svg+xml;base64,") for value in outline.asked)
    assert not re.search(r"url\(|@import|https?://", written)


def test_what_was_stated_is_shown_as_text(written: str) -> None:
    assert "a&lt;b" in written
    assert "a<b" not in written


def test_ours_is_marked_and_peers_say_how_they_were_set_up(written: str) -> None:
    assert '<tr class="ours"><td>Titrate</td>' in written
    assert "<dt>Optuna TPE</dt>" in written


def test_where_the_figures_come_from_stands_at_the_end(written: str) -> None:
    foot = written[written.index("<footer>") :]
    for part in (MADE.code, MADE.lock, MADE.scenario, "scs-tonic-5.parquet", "not a medical device"):
        assert part in foot


def test_an_interval_stands_below_its_value(written: str) -> None:
    assert "<b>+0.25</b><i>+0.25 to +0.25</i>" in written
