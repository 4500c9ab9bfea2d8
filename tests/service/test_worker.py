"""Worker and MLflow server may die at any instant: every trial and report is in MLflow exactly once in the end."""

import contextlib
import os
import random
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from service.command_errors import TrackingUnavailableError
from service.ledger.tables import ReportRow, TrialRow
from service.settings import Settings
from service.tracking.client import Tracking
from service.tracking.load import load
from service.tracking.project import project
from service.tracking.relay import Relay
from service.tracking.status import lag
from service.tracking.view import IDENTIFIER, SHOWN
from service.worker import artifact_folder, rebuild
from tests.service.live import serving
from tests.service.new_ledger import new_ledger
from tests.service.tracking.written import Writer, scs_problem

LONGEST_WRITE_S = 5.0


class Course(threading.Thread):
    """Writes trials and reports all the while, through a running service, and keeps the slowest trial."""

    def __init__(self, clinic) -> None:
        super().__init__(daemon=True)
        self.clinic = clinic
        self.id = clinic.course()["id"]
        self.trials = 0
        self.done = threading.Event()
        self.slowest_s = 0.0
        self.failure: BaseException | None = None

    def run(self) -> None:
        try:
            while not self.done.wait(0.4):
                before = time.monotonic()
                trial_id = self.clinic.trial(self.id, occurred_at=datetime.now(UTC).isoformat())["id"]
                self.clinic.report(trial_id, self.trials % 11)
                self.clinic.report(trial_id, self.trials % 3, kind="discomfort")
                self.trials += 1
                self.slowest_s = max(self.slowest_s, time.monotonic() - before)
        except BaseException as failure:  # noqa: BLE001 - shown by the test, in its own thread
            self.failure = failure

    def finish(self) -> None:
        self.done.set()
        self.join(timeout=20)
        assert self.failure is None
        assert self.slowest_s < LONGEST_WRITE_S


class Worker:
    """``titrate worker`` as a process of its own."""

    def __init__(self, folder: Path, tracking: str | None = None) -> None:
        self.folder = folder
        self.environment = {
            **os.environ,
            "TITRATE_DATA_FOLDER": str(folder),
            "TITRATE_RELAY_LEASE_S": "1",
            "PYTHONUNBUFFERED": "1",
        }
        if tracking is not None:
            self.environment["TITRATE_MLFLOW_TRACKING"] = tracking

    def start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "service.cli", "worker"]
        with (self.folder / "worker.log").open("a") as out:
            return subprocess.Popen(command, env=self.environment, stdout=out, stderr=out)

    def started(self) -> int:
        return (self.folder / "worker.log").read_text().count("worker started")

    def said(self) -> str:
        return (self.folder / "worker.log").read_text()


def kill(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


@pytest.fixture
def clinic(tmp_path):
    """Give a clinic of a service that runs on the same ledger; nobody asks it anything."""
    with serving(Settings(data_folder=tmp_path), asks=False) as running:
        yield running.clinic()


def wait_for(condition, what: str, timeout_s: float = 60.0) -> None:
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, f"waited too long for {what}"
        time.sleep(0.05)


def experiment_of(database, course_id) -> str:
    with database.read() as session:
        return project(load(session, course_id, up_to=0)).experiment


def exactly_once(database, course_id, store: Tracking) -> str:
    """Hold the runs and the reported points against the rows of the ledger; say how many there were."""
    with database.read() as session:
        trials = set(session.scalars(select(TrialRow.id).filter_by(course_id=course_id)))
        reports = list(session.scalars(select(ReportRow.sequence).filter_by(course_id=course_id)))
    experiment = store._client.get_experiment_by_name(experiment_of(database, course_id))
    runs = store._client.search_runs([experiment.experiment_id], max_results=5000)
    assert Counter(run.data.tags[IDENTIFIER] for run in runs) == Counter([*trials, course_id])
    steps = {"course": Counter(), "trial": Counter()}
    for run in runs:
        for key in ("pain/reported", "side_effect/discomfort"):
            points = store._client.get_metric_history(run.info.run_id, key)
            steps[run.data.tags["titrate.kind"]].update(point.step for point in points)
    assert steps["trial"] == steps["course"] == Counter(reports)
    return f"{len(trials)} trials and {len(reports)} reports, each in MLflow exactly once"


def shown(store: Tracking, patient_experiment: str) -> dict[str, object]:
    experiment = store._client.get_experiment_by_name(patient_experiment)
    runs = store._client.search_runs([experiment.experiment_id], max_results=5000)
    return {r.data.tags[IDENTIFIER]: (r.data.params, r.data.metrics, r.data.tags[SHOWN]) for r in runs}


@pytest.mark.sampled
def test_workers_killed_at_random_instants_show_each_trial_and_report_exactly_once(
    database, clinic, tmp_path, full_counts, acceptance_folder
):
    instants = random.Random(20)
    rounds, at_once = (10, 2) if full_counts else (1, 1)
    worker, course = Worker(tmp_path), Course(clinic)
    course.start()
    for number in range(rounds):
        running = [worker.start() for _ in range(at_once)]  # a second waits for the lease of the first
        try:
            wait_for(lambda wanted=at_once * (number + 1): worker.started() >= wanted, "the workers", 120)
        finally:
            for process in running:
                time.sleep(instants.uniform(0.0, 2.5 if full_counts else 1.0))
                kill(process)
    course.finish()
    settings = Settings(data_folder=tmp_path)
    store = Tracking(settings.mlflow_tracking_uri, artifacts=artifact_folder(settings))
    last = Relay(database, store)
    wait_for(lambda: last.turn().lag == 0, "the projection")
    found = exactly_once(database, course.id, store)
    assert "Traceback" not in worker.said()
    (acceptance_folder / "worker-killed.txt").write_text(
        f"Workers killed (SIGKILL) at {at_once * rounds} random instants, {at_once} at a time on one ledger, while a course was "
        f"written over HTTP: {found}. Slowest trial with two reports: {course.slowest_s:.2f} s.\n"
    )
    last.release()
    name = experiment_of(database, course.id)
    before = shown(store, name)
    assert rebuild(settings) == 1
    assert shown(store, name) == before
    exactly_once(database, course.id, store)


def test_a_rebuild_that_could_not_show_a_course_says_so(tmp_path, monkeypatch):
    database = new_ledger(tmp_path)
    shown, broken = (
        Writer(database=database, problem=scs_problem(), patient=name) for name in ("P-1", "P-2")
    )
    shown.open()
    broken.open()
    show = Tracking.show

    def show_all_but_one(self, view, **options):
        if view.parent.identifier == broken.course_id:
            raise ValueError("a picture that cannot be drawn")
        return show(self, view, **options)

    with monkeypatch.context() as patched:
        patched.setattr(Tracking, "show", show_all_but_one)
        with pytest.raises(TrackingUnavailableError, match="not complete"):
            rebuild(Settings(data_folder=tmp_path))
    assert rebuild(Settings(data_folder=tmp_path)) == 2


@contextlib.contextmanager
def mlflow_server(folder: Path, port: int):
    """A real MLflow server on loopback, killed at the end of the block."""
    with (folder / "server.log").open("a") as out:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)),
                *("--workers", "1", "--backend-store-uri", f"sqlite:///{folder / 'server.sqlite'}"),
                *("--artifacts-destination", str(folder / "server-files")),
            ],
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        os.killpg(process.pid, 9)
        process.wait()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.acceptance
def test_server_stopped_and_started_shows_each_trial_and_report_exactly_once(
    database, clinic, tmp_path, acceptance_folder
):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    uri = f"http://127.0.0.1:{port}"
    worker, course = Worker(tmp_path, uri), Course(clinic)
    settings = Settings(data_folder=tmp_path, mlflow_tracking=uri)
    process = worker.start()
    course.start()
    instants = random.Random(4)
    for _ in range(4):
        with mlflow_server(tmp_path, port):
            wait_for(lambda: listens(port), "the server")
            time.sleep(instants.uniform(1.0, 6.0))
        time.sleep(instants.uniform(0.5, 3.0))
    course.finish()
    assert lag(settings) > 0
    with mlflow_server(tmp_path, port):
        wait_for(lambda: lag(settings) == 0, "the projection", 120)
        process.terminate()
        assert process.wait(timeout=30) == 0
        found = exactly_once(database, course.id, Tracking(uri))
    assert "Traceback" not in worker.said()
    (acceptance_folder / "mlflow-stopped.txt").write_text(
        f"MLflow server killed and started 4 times while a course was written over HTTP: {found}. "
        f"Slowest trial with two reports: {course.slowest_s:.2f} s.\n"
    )
