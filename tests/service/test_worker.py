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
from pathlib import Path

import pytest
from sqlalchemy import select

from service.db.engine import Database
from service.ledger.tables import ReportRow, TrialRow
from service.settings import Settings
from service.tracking.client import Tracking
from service.tracking.relay import Relay
from service.tracking.status import lag
from service.tracking.view import IDENTIFIER, SHOWN
from service.worker import artifact_folder, rebuild
from tests.service.tracking.written import Writer, scs_problem

LONGEST_WRITE_S = 5.0


class Course(threading.Thread):
    """Writes trials and reports all the while and keeps the slowest write."""

    def __init__(self, writer) -> None:
        super().__init__(daemon=True)
        self.writer = writer
        self.done = threading.Event()
        self.slowest_s = 0.0
        self.failure: BaseException | None = None

    def run(self) -> None:
        try:
            while not self.done.wait(0.4):
                before = time.monotonic()
                self.writer.write_trial(4.0, pain=float(self.writer.trials % 11))
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
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "service.cli", "worker"]
        with (self.folder / "worker.log").open("a") as out:
            self.process = subprocess.Popen(command, env=self.environment, stdout=out, stderr=out, text=True)

    def started(self) -> int:
        return (self.folder / "worker.log").read_text().count("worker started")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=20)

    def said(self) -> str:
        return (self.folder / "worker.log").read_text()


@pytest.fixture
def database(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    database.migrate()
    yield database
    database.close()


@pytest.fixture
def writer(database):
    writer = Writer(database=database, problem=scs_problem())
    writer.open()
    return writer


def wait_for(condition, what: str, timeout_s: float = 60.0) -> None:
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, f"waited too long for {what}"
        time.sleep(0.05)


def exactly_once(database, writer, store: Tracking) -> None:
    """Hold the runs and the reported points against the rows of the ledger."""
    with database.read() as session:
        trials = set(session.scalars(select(TrialRow.id)))
        reports = list(session.scalars(select(ReportRow.sequence)))
    experiment = store._client.get_experiment_by_name(f"titrate/site-a/{writer.patient}")
    runs = store._client.search_runs([experiment.experiment_id], max_results=5000)
    named = Counter(run.data.tags[IDENTIFIER] for run in runs)
    assert named == Counter([*trials, writer.course_id])
    steps: Counter[int] = Counter()
    for run in runs:
        for key in ("pain/reported", "side_effect/discomfort"):
            if run.data.tags["titrate.kind"] == "trial":
                steps.update(m.step for m in store._client.get_metric_history(run.info.run_id, key))
    assert steps == Counter(reports)


@pytest.mark.sampled
def test_worker_killed_at_random_instants_shows_each_trial_and_report_exactly_once(
    database, writer, tmp_path, full_counts
):
    instants = random.Random(20)
    worker, course = Worker(tmp_path), Course(writer)
    course.start()
    for number in range(20 if full_counts else 2):
        worker.start()
        wait_for(lambda wanted=number + 1: worker.started() >= wanted, "the worker")
        time.sleep(instants.uniform(0.0, 2.5 if full_counts else 1.2))
        worker.kill()
    course.finish()
    settings = Settings(data_folder=tmp_path)
    store = Tracking(settings.mlflow_tracking_uri, artifacts=tmp_path / "mlflow-files")
    last = Relay(database, store)
    wait_for(lambda: last.turn().lag == 0, "the projection")
    exactly_once(database, writer, store)
    assert "Traceback" not in worker.said()


@contextlib.contextmanager
def server(folder: Path, port: int):
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
def test_server_stopped_and_started_shows_each_trial_and_report_exactly_once(database, writer, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    uri = f"http://127.0.0.1:{port}"
    worker, course = Worker(tmp_path, uri), Course(writer)
    settings = Settings(data_folder=tmp_path, mlflow_tracking=uri)
    worker.start()
    course.start()
    instants = random.Random(4)
    for _ in range(4):
        with server(tmp_path, port):
            wait_for(lambda: listens(port), "the server")
            time.sleep(instants.uniform(1.0, 6.0))
        time.sleep(instants.uniform(0.5, 3.0))
    course.finish()
    assert lag(settings) > 0
    with server(tmp_path, port):
        wait_for(lambda: lag(settings) == 0, "the projection", 120)
        worker.stop()
        exactly_once(database, writer, Tracking(uri))
    assert "Traceback" not in worker.said()


def test_rebuilt_from_nothing_it_is_the_same(database, writer, tmp_path):
    for amplitude in (4.0, 4.2):
        writer.write_trial(amplitude, pain=5.0)
    settings = Settings(data_folder=tmp_path)
    assert rebuild(settings) == 1
    store = Tracking(settings.mlflow_tracking_uri, artifacts=artifact_folder(settings))

    def shown():
        experiment = store._client.get_experiment_by_name(f"titrate/site-a/{writer.patient}")
        runs = store._client.search_runs([experiment.experiment_id])
        return {r.data.tags[IDENTIFIER]: (r.data.params, r.data.metrics, r.data.tags[SHOWN]) for r in runs}

    before = shown()
    assert len(before) == 3
    assert rebuild(settings) == 1
    assert shown() == before
    exactly_once(database, writer, store)
