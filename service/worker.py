"""The worker: one loop that keeps MLflow in step with the ledger; the only process that loads mlflow."""

import signal
import threading
from pathlib import Path

import structlog

from service.db.engine import Database
from service.errors import DatabaseNotReadyError
from service.settings import Settings
from service.tracking.client import Tracking, TrackingUnavailableError
from service.tracking.relay import Relay, run_until

log = structlog.get_logger("titrate.worker")


def run_worker(settings: Settings, *, namespace: str = "titrate") -> None:
    """Relay until SIGTERM or SIGINT.

    Args:
        settings: Where ledger and MLflow lie.
        namespace: Head of the experiments' names.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    database = Database(settings.database_url, busy_timeout_s=settings.busy_timeout_s)
    if not _wait_for_schema(database, stop):
        return
    relay = Relay(database, _tracking(settings), namespace=namespace)
    log.info("worker started", lag=relay.lag())
    run_until(relay, stop.wait)
    database.close()


def rebuild(settings: Settings, *, namespace: str = "titrate") -> int:
    """Make the projection from nothing.

    Args:
        settings: Where ledger and MLflow lie.
        namespace: Head of the experiments' names; a new one leaves the old projection as it is.

    Returns:
        How many courses were shown.

    Raises:
        LeaseLostError: If a worker is at work on the same projection.
        TrackingUnavailableError: If MLflow does not answer.
        DatabaseNotReadyError: If the ledger has another schema.
    """
    database = Database(settings.database_url, busy_timeout_s=settings.busy_timeout_s)
    database.check()
    relay = Relay(database, _tracking(settings), namespace=namespace)
    relay.forget()
    courses = 0
    while (turn := relay.turn()).courses:
        courses += turn.courses
    relay.release()
    database.close()
    if turn.failed:
        raise TrackingUnavailableError("a course could not be shown; the worker goes on with it")
    return courses


def _tracking(settings: Settings) -> Tracking:
    local = settings.mlflow_tracking is None
    if local:
        settings.data_folder.mkdir(parents=True, exist_ok=True)
    return Tracking(settings.mlflow_tracking_uri, artifacts=artifact_folder(settings) if local else None)


def artifact_folder(settings: Settings) -> Path:
    """Return where the files of the embedded MLflow store lie."""
    return settings.data_folder / "mlflow-files"


def _wait_for_schema(database: Database, stop: threading.Event) -> bool:
    """Wait until the service has made the tables; return False where told to stop first."""
    said = False
    while True:
        try:
            database.check()
        except DatabaseNotReadyError:
            if not said:
                log.info("waiting for the ledger's schema")
            said = True
            if stop.wait(0.5):
                return False
        else:
            return True
