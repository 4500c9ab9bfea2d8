"""A comparison written out: Markdown, figures, every trial as Parquet."""

from collections.abc import Sequence
from pathlib import Path

from optimizer.evaluate.report.comparison import compared
from optimizer.evaluate.report.markdown import markdown
from optimizer.evaluate.report.page import page
from optimizer.evaluate.report.parquet import write_parquet
from optimizer.evaluate.report.pictures import figures
from optimizer.evaluate.trace import Trace


def save(traces: Sequence[Trace], folder: Path, *, command: str) -> list[Path]:
    """Write everything a comparison comes to.

    Args:
        traces: Of one scenario and one number of trials, made by one code.
        folder: Made where it is not there.
        command: What made the traces, so that it can be run again.

    Returns:
        Paths of what was written: Markdown, the page, every trial as Parquet, each figure as PNG.

    Raises:
        DataError: If the traces may not stand in one table.
    """
    found = compared(traces, command=command)
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{found.stem}.{ending}" for ending in ("md", "html", "parquet")]
    paths[0].write_text(markdown(found), encoding="utf-8")
    paths[1].write_text(page(found), encoding="utf-8")
    write_parquet(traces, paths[2])
    for name, figure in figures(found).items():
        paths.append(folder / f"{found.stem}-{name}.png")
        figure.savefig(paths[-1], dpi=160)
    return paths
