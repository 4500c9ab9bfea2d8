"""A comparison in a terminal: the tables one looks at first, the others are on the page."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import RenderableType
from rich.table import Table as Columns
from rich.text import Text

from optimizer.evaluate.report.comparison import compared
from optimizer.evaluate.report.tables import Table, tables
from optimizer.evaluate.trace import Trace

FIRST = 2
"""What it was worth and what it cost."""
MOST_REASONS = 3
"""Of the failures of one policy."""


def look(traces: Sequence[Trace], *, command: str, files: Sequence[Path]) -> Iterator[RenderableType]:
    """Walk what to print of a comparison.

    Args:
        traces: Of one scenario and one number of trials.
        command: What made them.
        files: The report.

    Yields:
        Tables, what went wrong, where the rest is.
    """
    found = compared(traces, command=command)
    for table in tables(found.traces, found.summaries)[:FIRST]:
        yield _columns(table)
    for summary in found.summaries:
        if summary.n_failures:
            reasons = sorted({trace.failure for trace in traces if trace.policy == summary.policy} - {""})
            said = "; ".join(reasons[:MOST_REASONS])
            more = (
                f"; {len(reasons) - MOST_REASONS} more in the results" if len(reasons) > MOST_REASONS else ""
            )
            failed = f"{summary.policy} failed with {summary.n_failures} patients: {said}{more}"
            yield Text(failed, style="red")
    if found.too_few:
        yield Text(found.too_few, style="dim")
    page = next((path for path in files if path.suffix == ".html"), files[0])
    yield Text(f"everything: {page}; beside it {', '.join(_endings(files, page))}", no_wrap=True)


def _columns(table: Table) -> Columns:
    shown = Columns(title=table.heading, title_justify="left", box=SIMPLE_HEAD)
    for number, name in enumerate(table.columns):
        shown.add_column(name, justify="left" if number == 0 else "right")
    for row in table.rows:
        # the interval goes below its value: more fits beside each other
        shown.add_row(*(cell.replace(" (", "\n(") for cell in row))
    return shown


def _endings(files: Sequence[Path], page: Path) -> list[str]:
    return sorted({path.suffix.removeprefix(".") for path in files if path != page})
