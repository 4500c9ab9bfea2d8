"""What the command ``compute`` does: answer asks of web processes elsewhere, until told to end."""

import signal
import threading

import structlog

from service import logs, metrics
from service.assembly import compute_service
from service.clock import system_clock
from service.db.engine import Database
from service.db.waiting import wait_for_schema
from service.settings import Settings

LOOK_EVERY_S = 0.05
"""Nobody says here that an ask came: its job row is looked for, and an asker waits about half of this longer."""

WAKE_EVERY_S = 1.0

log = structlog.get_logger("titrate.compute")


def run_compute(settings: Settings) -> None:
    """Compute until SIGTERM or SIGINT; what is being computed then stays a job, and another service takes it at once.

    Args:
        settings: Where the ledger lies, how many processes, and how long each may take; at least one process.
    """
    logs.configure()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    database = Database(settings.database_url, busy_timeout_s=settings.busy_timeout_s)
    if wait_for_schema(database, stop):
        compute = compute_service(settings, database, system_clock)
        compute.look_every_s = LOOK_EVERY_S
        metrics.watch(metrics.COMPUTE_WARM, lambda: compute.is_warm)
        with metrics.exposed(settings.metrics_host, settings.metrics_port):
            compute.start()
            log.info("compute service started")
            while not stop.wait(WAKE_EVERY_S):
                pass  # a signal that another thread got is seen when this one next wakes
            compute.stop()
    database.close()
