"""A replay as tables for a terminal."""

from collections.abc import Sequence

from rich.table import Table

from optimizer.evaluate.replay import OURS, OURS_PRIOR, Replay
from optimizer.evaluate.replay_report import GOOD, PAIRS, Difference, Row, differences, queries_of, rows


def score_table(replay: Replay, published: Sequence[Row]) -> Table:
    """Return scores by query, ours beside the yardsticks and the published figures."""
    table = Table(
        title=f"Score of the recommended site, {len(replay.animals)} animals, noise {replay.noise:g}",
        caption="by queries: true value over the animal's best; >= 0.9: share of runs at the end; tried: mean of all tried",
    )
    table.add_column("method")
    for query in queries_of(replay):
        table.add_column(f"{query}", justify="right")
    table.add_column(f">= {GOOD:g}", justify="right")
    table.add_column("tried", justify="right")
    for row in rows(replay):
        table.add_row(*_cells(row), style="bold" if row.name in (OURS, OURS_PRIOR) else None)
    table.add_section()
    for row in published:
        table.add_row(*_cells(row), style="dim")
    return table


def difference_table(replay: Replay) -> Table:
    """Return paired differences to GP-UCB that was told as much, with their intervals."""
    found = {(entry.name, entry.query): entry for entry in differences(replay)}
    table = Table(title="Paired over animals with GP-UCB of the same run, bootstrap 95 %")
    table.add_column("queries", justify="right")
    for name, against in PAIRS:
        table.add_column(f"{name} less {against}", justify="right")
    for query in queries_of(replay):
        table.add_row(str(query), *(_interval(found[name, query]) for name, _ in PAIRS))
    return table


def _cells(row: Row) -> list[str]:
    return [row.name, *map(_number, (*row.scores, row.found, row.while_searching))]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _interval(entry: Difference) -> str:
    return f"{entry.mean:+.3f} ({entry.low:+.3f}, {entry.high:+.3f})"
