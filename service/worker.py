"""The worker: one loop that keeps MLflow in step with the ledger; the only process that loads mlflow."""

import signal
import threading
from datetime import timedelta
from pathlib import Path

import structlog

from service import logs, metrics
from service.command_errors import TrackingUnavailableError
from service.db.engine import Database
from service.db.waiting import wait_for_schema
from service.settings import Settings
from service.tracking.client import Tracking
from service.tracking.relay import Relay, run_until

log = structlog.get_logger("titrate.worker")


def run_worker(settings: Settings, *, namespace: str = "titrate") -> None:
    """Relay until SIGTERM or SIGINT.

    Args:
        settings: Where ledger and MLflow lie.
        namespace: Head of the experiments' names.
    """
    logs.configure()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    database = Database(settings.database_url, busy_timeout_s=settings.busy_timeout_s)
    if not wait_for_schema(database, stop):
        return
    relay = _relay(settings, database, namespace)
    metrics.watch(metrics.OUTBOX_LAG, relay.lag)
    with metrics.exposed(settings.metrics_host, settings.metrics_port):
        log.info("worker started")
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
        ProjectionBusyError: If a worker is at work on the same projection.
        TrackingUnavailableError: If MLflow does not answer, or a course could not be shown.
        DatabaseNotReadyError: If the ledger has another schema.
    """
    database = Database(settings.database_url, busy_timeout_s=settings.busy_timeout_s)
    database.check()
    relay = _relay(settings, database, namespace)
    relay.forget()
    courses = 0
    while (turn := relay.turn()).courses:
        courses += turn.courses
    relay.release()
    database.close()
    if turn.lag:  # also of a course that failed turns ago and waits
        raise TrackingUnavailableError(
            "projection", "is not complete", remedy="Start the worker; it goes on."
        )
    return courses


def _relay(settings: Settings, database: Database, namespace: str) -> Relay:
    local = settings.mlflow_tracking is None
    tracking = Tracking(settings.mlflow_tracking_uri, artifacts=artifact_folder(settings) if local else None)
    lease = timedelta(seconds=settings.relay_lease_s)
    return Relay(database, tracking, namespace=namespace, lease=lease)


def artifact_folder(settings: Settings) -> Path:
    """Return where the files of the embedded MLflow store lie."""
    return settings.data_folder / "mlflow-files"
