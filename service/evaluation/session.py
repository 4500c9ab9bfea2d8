"""What ``titrate evaluate`` does: compare, watch, report, show in MLflow."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from optimizer.evaluate.arena import Comparison, compare, kept
from optimizer.evaluate.arena_report import save
from optimizer.evaluate.backend import Backend
from optimizer.evaluate.trace import Trace
from service.command_errors import TrackingUnavailableError
from service.evaluation.terminal import look
from service.tracking.evaluation import Shown, view_of

SQLITE = "sqlite:///"
NO_MLFLOW = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to compare, where to run it and where to keep it."""

    comparisons: tuple[Comparison, ...]
    backend: Backend
    folder: Path
    options: str
    """The options of the command that make the same numbers, without scenario."""
    mlflow: str | None
    """Tracking address; None is a store in the folder, ``none`` is nowhere."""

    def results(self, comparison: Comparison) -> Path:
        """Return where the runs of a comparison are kept."""
        return self.folder / f"{comparison.stem}.jsonl"


def carry_out(plan: Plan, console: Console) -> None:
    """Run every comparison to its end, report it and show it in MLflow.

    Args:
        plan: What is in its folder already is not run again.
        console: Where progress and tables go.

    Raises:
        DataError: If the folder holds something else, or the backend does not answer.
        MissingExtraError: If what the backend needs is not installed.
        TrackingUnavailableError: If MLflow does not answer; by then everything has run and every report is written.
    """
    unshown: TrackingUnavailableError | None = None
    for comparison in plan.comparisons:
        started_at = datetime.now(UTC)
        traces = _watch(plan, comparison, console)
        shown = _report(plan, comparison, traces, started_at, console)
        try:
            _show(plan, shown, console)
        except TrackingUnavailableError as error:
            unshown = error
    if unshown is not None:
        raise TrackingUnavailableError(
            "mlflow", "does not answer or refuses", remedy="Give the command again to show what is written."
        ) from unshown


def _watch(plan: Plan, comparison: Comparison, console: Console) -> Sequence[Trace]:
    """Run a comparison under a progress bar; what was kept before does not count as speed."""
    results = plan.results(comparison)
    n_kept, n_runs = len(kept(comparison, results)), len(comparison.jobs())
    if n_kept:
        console.print(
            f"{results}: {n_kept} of {n_runs} runs are there already", soft_wrap=True, highlight=False
        )
    traces: list[Trace] = []
    n_failed = 0
    try:
        with _progress(console) as progress:
            task = progress.add_task(comparison.scenario, total=n_runs, completed=n_kept, failed="")
            for trace in compare(comparison, results, backend=plan.backend):
                traces.append(trace)
                n_failed += bool(trace.failure)
                failed = f"[red]{n_failed} failed" if n_failed else ""
                progress.update(task, completed=max(n_kept, len(traces)), failed=failed)
    except KeyboardInterrupt:
        n_kept = len(kept(comparison, results))
        console.print(f"{n_kept} of {n_runs} runs are kept; the same command goes on.", highlight=False)
        raise
    return traces


def _progress(console: Console) -> Progress:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[failed]}"),
    )
    return Progress(*columns, console=console, transient=True)


def _report(
    plan: Plan, comparison: Comparison, traces: Sequence[Trace], started_at: datetime, console: Console
) -> Shown:
    command = f"titrate evaluate --scenario {comparison.scenario} {plan.options}"
    files = save(traces, plan.folder, command=command)
    for part in look(traces, command=command, files=files):
        console.print(part, highlight=False, soft_wrap=isinstance(part, Text))
    ended_at = datetime.fromtimestamp(plan.results(comparison).stat().st_mtime, UTC)
    return Shown(
        traces=traces,
        command=command,
        page=files[0].read_text(encoding="utf-8"),
        files={path.name: path.read_bytes() for path in files},
        started_at=min(started_at, ended_at),
        ended_at=ended_at,
    )


def _show(plan: Plan, shown: Shown, console: Console) -> None:
    """Bring MLflow to show a comparison; once, however often it is told."""
    if plan.mlflow == NO_MLFLOW:
        return
    from service.tracking.client import Tracking

    logging.getLogger("mlflow").setLevel(logging.WARNING)  # a new store would say how it is made
    address = plan.mlflow or f"{SQLITE}{plan.folder / 'mlflow.sqlite'}"
    local = address.startswith(SQLITE)
    files = Path(address.removeprefix(SQLITE)).parent / "mlflow-files" if local else None
    view = view_of(shown)
    Tracking(address, artifacts=files).show(view)
    console.print(
        f"in MLflow: {address}, experiment {view.experiment}: {view.parent.name}",
        soft_wrap=True,
        highlight=False,
    )
