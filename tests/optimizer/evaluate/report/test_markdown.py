from optimizer.evaluate.report.comparison import compared
from optimizer.evaluate.report.markdown import markdown
from tests.optimizer.evaluate.traces import MADE, trace


def test_the_page_says_how_it_was_made_and_what_it_does_not_show() -> None:
    page = markdown(compared([trace(0, [1.0] * 5, [0.0] * 5, 4.0)], command="titrate evaluate --made-so"))
    assert "`titrate evaluate --made-so`" in page
    assert "nothing here is evidence of clinical benefit" in page
    assert "too few for a claim" in page
    assert MADE.code in page


def test_tables_are_markdown() -> None:
    page = markdown(compared([trace(0, [1.0] * 5, [0.0] * 5, 4.0)], command="x"))
    lines = page.splitlines()
    head = next(n for n, line in enumerate(lines) if line.startswith("| policy |"))
    assert lines[head + 1].count("---|") == lines[head].count("|") - 1 == lines[head + 2].count("|") - 1
