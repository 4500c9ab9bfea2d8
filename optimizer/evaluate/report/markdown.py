"""A comparison as Markdown, for a repository."""

from collections.abc import Iterable, Sequence

from optimizer.evaluate.report.comparison import SYNTHETIC, Compared
from optimizer.evaluate.report.tables import Table, tables


def markdown(found: Compared) -> str:
    """Return the page: how it was made, every table, where the figures come from."""
    parts = [
        f"# {found.scenario}, {found.n_trials} trials, {found.cohort}",
        f"`{found.command}`",
        f"{SYNTHETIC} Bootstrap 95 % intervals over patients.{' ' + found.too_few if found.too_few else ''}",
        *(_section(table) for table in tables(found.traces, found.summaries)),
        f"![Learning curves]({found.stem}-learning.png)"
        if found.helped
        else f"![Too much stimulation]({found.stem}-exposures.png)",
        found.origin,
    ]
    return "\n\n".join(parts) + "\n"


def table_lines(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return a table as lines of Markdown, its head first."""
    head, *body = ["| " + " | ".join(cells) + " |" for cells in (columns, *rows)]
    return [head, "|" + "---|" * len(columns), *body]


def _section(table: Table) -> str:
    return "\n".join([f"## {table.heading}", "", table.says, "", *table_lines(table.columns, table.rows)])
