"""The terminal shows what the report says."""

from rich.console import Console
from rich.table import Table

from optimizer.evaluate.replay import ALGORITHMS, Replay
from optimizer.evaluate.replay_report import published_rows, rows
from optimizer.evaluate.replay_table import difference_table, score_table


def shown(table: Table) -> str:
    console = Console(width=80)
    with console.capture() as capture:
        console.print(table)
    return capture.get()


def test_every_method_has_its_line_and_its_scores(small: Replay) -> None:
    text = shown(score_table(small, published_rows(small)))
    lines = {line.split("│")[1].strip(): line for line in text.splitlines() if line.startswith("│")}
    for row in rows(small):
        assert f"{row.scores[-1]:.3f}" in lines[row.name]
    assert "0.613" in lines["GP-UCB, published"]
    assert set(ALGORITHMS) <= lines.keys(), "no name is cut short at 80 columns"


def test_differences_carry_their_intervals(small: Replay) -> None:
    text = shown(difference_table(small))
    assert "+0.000 (+0.000, +0.000)" in text  # the same first site
    assert text.count("(") == 2 * 3
