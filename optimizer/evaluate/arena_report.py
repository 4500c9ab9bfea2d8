"""A comparison written out: Markdown, figures, every trial as Parquet."""

from collections.abc import Sequence
from pathlib import Path

from optimizer.evaluate.report.comparison import compared
from optimizer.evaluate.report.curves import learning_figure
from optimizer.evaluate.report.markdown import markdown
from optimizer.evaluate.report.parquet import write_parquet
from optimizer.evaluate.trace import Trace


def save(traces: Sequence[Trace], folder: Path, *, command: str) -> tuple[Path, Path]:
    """Write everything a comparison comes to.

    Args:
        traces: Of one scenario and one number of trials, made by one code.
        folder: Made where it is not there.
        command: What made the traces, so that it can be run again.

    Returns:
        Paths of the Markdown page and of the picture of the learning curves; the others lie beside them.

    Raises:
        DataError: If the traces may not stand in one table.
    """
    found = compared(traces, command=command)
    folder.mkdir(parents=True, exist_ok=True)
    page, picture = folder / f"{found.stem}.md", folder / f"{found.stem}-learning.png"
    page.write_text(markdown(found), encoding="utf-8")
    learning_figure(found).savefig(picture, dpi=150)
    write_parquet(traces, folder / f"{found.stem}.parquet")
    return page, picture
