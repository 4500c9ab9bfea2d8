"""The only file that imports mlflow: brings a store to show a view, however often and however interrupted.

Every run is found by the tag that names its ledger entry before one is made, parameters and points that are already there
are not written again, and the digest of what a run shows is written last. So a relay killed anywhere leaves runs that the
next one finds and completes. Two relays at once are kept apart by a lease; should both ever make the same run, the older
run stays and the other is deleted when it is next seen.
"""

import os
import secrets
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

# Retrying is the relay's business: it knows what else is due. Read by mlflow when it is imported.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "5")
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

from mlflow.entities import Metric, Param, Run, RunTag, ViewType
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from service.command_errors import TrackingUnavailableError
from service.tracking.view import IDENTIFIER, SHOWN, CourseView, RunView

SQLITE = "sqlite:///"
PARENT = "mlflow.parentRunId"
BATCH = 900
"""MLflow takes at most 1000 metrics, 100 parameters and 100 tags at once."""
PAGE = 1000

Key = tuple[str, int, int]
"""Metric, step, milliseconds: where a point lies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What bringing a course up to date took."""

    experiment_id: str
    run_id: str
    """Run of the course."""
    runs_written: int
    """Runs that had not shown what they should."""


class Tracking:
    """One MLflow store: a local database or a server."""

    def __init__(self, uri: str, *, artifacts: Path | None = None) -> None:
        """Connect.

        Args:
            uri: ``sqlite:///path`` or ``http(s)://...``.
            artifacts: Folder for the files of a local store; a server keeps its own.
        """
        if artifacts is not None:
            _make_store(Path(uri.removeprefix(SQLITE)))
        self._client = MlflowClient(tracking_uri=uri, registry_uri=uri)
        self._artifacts = artifacts
        self.uri = uri

    def show(self, view: CourseView, *, before_each: Callable[[], None] = lambda: None) -> Shown:
        """Bring experiment and runs of one course to what they should show.

        Args:
            view: The whole course.
            before_each: Called before each run; may raise to end the work there, for example when a lease is lost.

        Returns:
            Where it is, and how many runs had to be written.

        Raises:
            TrackingUnavailableError: If the store cannot be reached or refuses; call again later.
        """
        try:
            experiment_id = self._experiment(view)
            found = self._runs(experiment_id, view)
            before_each()
            parent_id, written = self._bring(experiment_id, view.parent, None, found)
            for trial in view.trials:
                before_each()
                written += self._bring(experiment_id, trial, parent_id, found)[1]
            return Shown(experiment_id=experiment_id, run_id=parent_id, runs_written=written)
        except (MlflowException, OSError) as error:
            raise _unavailable(error) from error

    def forget(self, view: CourseView) -> int:
        """Delete the runs of a course, so that it can be shown from nothing; returns how many there were.

        Raises:
            TrackingUnavailableError: If the store cannot be reached or refuses.
        """
        try:
            experiment_id = self._experiment(view)
            found = self._runs(experiment_id, view)
            for run in found.values():
                self._client.delete_run(run.info.run_id)
            return len(found)
        except (MlflowException, OSError) as error:
            raise _unavailable(error) from error

    def _experiment(self, view: CourseView) -> str:
        experiment = self._client.get_experiment_by_name(view.experiment)
        if experiment is None:
            folder = self._artifacts.resolve().as_uri() if self._artifacts is not None else None
            try:
                identifier = self._client.create_experiment(
                    view.experiment, artifact_location=folder, tags=view.experiment_tags
                )
            except MlflowException as error:
                if error.error_code != "RESOURCE_ALREADY_EXISTS":
                    raise
                return self._experiment(view)  # another relay was faster
            return str(identifier)
        if experiment.lifecycle_stage == "deleted":
            self._client.restore_experiment(experiment.experiment_id)
        for key, value in view.experiment_tags.items():
            if experiment.tags.get(key) != value:
                self._client.set_experiment_tag(experiment.experiment_id, key, value)
        return str(experiment.experiment_id)

    def _runs(self, experiment_id: str, view: CourseView) -> dict[str, Run]:
        """Return the runs of a course by ledger id, one each; of doubles the older stays."""
        kept: dict[str, Run] = {}
        for run in self._search(experiment_id, view.found_by, view.parent.tags[view.found_by]):
            identifier = run.data.tags.get(IDENTIFIER, "")
            older = kept.get(identifier)
            if older is not None:
                self._client.delete_run(run.info.run_id)
                continue
            kept[identifier] = run
        return kept

    def _search(self, experiment_id: str, tag: str, value: str) -> Sequence[Run]:
        found: list[Run] = []
        token: str | None = None
        while token is None or token:
            page = self._client.search_runs(
                [experiment_id],
                filter_string=f"tags.`{tag}` = '{value}'",
                run_view_type=ViewType.ACTIVE_ONLY,
                max_results=PAGE,
                page_token=token,
            )
            found += list(page)
            token = page.token or ""
        # every relay must agree on which of two doubles stays
        return sorted(found, key=lambda run: (int(run.data.tags.get("titrate.made_at", 0)), run.info.run_id))

    def _bring(
        self, experiment_id: str, view: RunView, parent_id: str | None, found: Mapping[str, Run]
    ) -> tuple[str, int]:
        """Bring one run up to date; return its id and 1 where something was written."""
        run = found.get(view.identifier)
        if run is None:
            run = self._create(experiment_id, view, parent_id)
        elif run.data.tags.get(SHOWN) == view.digest and run.data.tags.get(PARENT) == parent_id:
            return run.info.run_id, 0
        self._write(run, view, parent_id)
        return run.info.run_id, 1

    def _create(self, experiment_id: str, view: RunView, parent_id: str | None) -> Run:
        """Make a run with the tags it is found by, in one request: there is no run without them."""
        tags = {**view.tags, IDENTIFIER: view.identifier, "titrate.made_at": str(_now_ms())}
        if parent_id is not None:
            tags[PARENT] = parent_id
        return self._client.create_run(
            experiment_id, start_time=_ms(view.started_at), run_name=view.name, tags=tags
        )

    def _write(self, run: Run, view: RunView, parent_id: str | None) -> None:
        run_id = run.info.run_id
        parameters = [
            Param(key, value) for key, value in view.parameters.items() if key not in run.data.params
        ]
        tags = dict(view.tags) if parent_id is None else {**view.tags, PARENT: parent_id}
        changed = [RunTag(key, value) for key, value in tags.items() if run.data.tags.get(key) != value]
        self._client.log_batch(run_id, params=parameters[:BATCH], tags=changed)
        self._write_points(run, view)
        self._write_files(run_id, view.files)
        self._end(run_id, view)
        self._client.set_tag(run_id, SHOWN, view.digest)

    def _write_points(self, run: Run, view: RunView) -> None:
        there = self._points(run)
        missing = [
            Metric(point.key, point.value, _ms(point.at), point.step)
            for point in view.points
            if (point.key, point.step, _ms(point.at)) not in there
        ]
        for start in range(0, len(missing), BATCH):
            self._client.log_batch(run.info.run_id, metrics=missing[start : start + BATCH])

    def _points(self, run: Run) -> set[Key]:
        """Return where the points of a run lie; a run just made has none."""
        return {
            (metric.key, metric.step, metric.timestamp)
            for key in run.data.metrics
            for metric in self._client.get_metric_history(run.info.run_id, key)
        }

    def _write_files(self, run_id: str, files: Mapping[str, bytes]) -> None:
        """Put files in their place; one that is there is replaced."""
        with tempfile.TemporaryDirectory(prefix="titrate-") as folder:
            for path, data in files.items():
                (Path(folder) / path).write_bytes(data)
            if files:
                self._client.log_artifacts(run_id, folder)

    def _end(self, run_id: str, view: RunView) -> None:
        if view.ended_at is None:
            self._client.update_run(run_id, status="RUNNING", name=view.name)
        else:
            self._client.update_run(run_id, name=view.name)
            self._client.set_terminated(run_id, status="FINISHED", end_time=_ms(view.ended_at))


def _unavailable(error: Exception) -> TrackingUnavailableError:
    # MLflow's own message may quote what it was sent
    return TrackingUnavailableError(
        "mlflow", f"does not answer or refuses ({type(error).__name__})", remedy="The worker tries again."
    )


def _make_store(path: Path) -> None:
    """Make an empty local store, whole or not at all.

    MLflow builds its tables in steps that two processes must not take at once and that a kill leaves half-done. So they
    are built aside and put in place in one step; who comes second keeps the first one's.
    """
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        MlflowClient(tracking_uri=f"{SQLITE}{aside}").search_experiments(max_results=1)
        with suppress(FileExistsError):
            os.link(aside, path)
    finally:
        aside.unlink(missing_ok=True)


def _ms(at: datetime) -> int:
    """Milliseconds of an instant; one before 1970 is shown as 1970, as MLflow refuses it and would refuse it for ever."""
    return max(0, round(at.timestamp() * 1000))


def _now_ms() -> int:
    return round(datetime.now().astimezone().timestamp() * 1000)
