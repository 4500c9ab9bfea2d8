"""What a process counts about itself, for Prometheus, on a port of its own.

No label names a patient, a course, a proposal or a caller: a route is its template, a reason its code. Counts are of one
process and begin at zero when it starts; the database is the record, these are the dials.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    start_http_server,
)

from service.command_errors import PortInUseError

REGISTRY = CollectorRegistry()
"""Ours, not the library's own: nothing an import registers elsewhere is shown."""
ASK = ("POST", "/courses/{course_id}/asks")
"""Method and template as the table of access words them."""
METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
NO_ROUTE = "none"
"""The template of what no route matched: whatever was sent, it makes no new series."""
SECONDS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 5.0, 10.0, 30.0, 60.0)

disable_created_metrics()  # type: ignore[no-untyped-call]
Info("titrate", "Release that runs", registry=REGISTRY).info({"version": version("titrate")})
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)

REQUESTS = Counter(
    "titrate_http_requests", "Requests answered", ["method", "route", "status"], registry=REGISTRY
)
ASK_SECONDS = Histogram(
    "titrate_ask_seconds",
    "From an ask's arrival to its answer, as the caller waits; status 202 is an answer still being computed",
    ["status"],
    buckets=SECONDS,
    registry=REGISTRY,
)
OPTIMIZER_SECONDS = Histogram(
    "titrate_optimizer_seconds", "Inside the optimiser, one answer", buckets=SECONDS, registry=REGISTRY
)
WRITE_SECONDS = Histogram(
    "titrate_write_seconds",
    "Turns of writing: writes take them one at a time, so a process that waited much waits for what others held",
    ["part"],
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0, 20.0),
    registry=REGISTRY,
)
"""Part ``waited``: until the turn came; ``held``: from then to the commit."""
ANSWERS = Counter(
    "titrate_answers",
    "Answers put on record; the reason is empty for a proposal",
    ["kind", "reason"],
    registry=REGISTRY,
)
FALLBACKS = Counter(
    "titrate_fallbacks", "Answers that the optimiser did not give itself", ["cause"], registry=REGISTRY
)
COMPUTE_RESTARTS = Counter(
    "titrate_compute_restarts", "Compute processes that died or hung and were replaced", registry=REGISTRY
)
COMPUTE_WARM = Gauge("titrate_compute_warm", "1 while a compute process is warm", registry=REGISTRY)
OUTBOX_LAG = Gauge(
    "titrate_outbox_lag",
    "Ledger entries that MLflow does not show yet; NaN where the ledger was not reached",
    registry=REGISTRY,
)


def count_request(method: str, route: str | None, status: int, took_s: float) -> None:
    """Count an answered request; an ask's time goes into its histogram too.

    Args:
        method: As sent; one nobody knows is counted as ``other``.
        route: Template of the route, None where none matched.
        status: HTTP status.
        took_s: From its arrival to the end of its answer.
    """
    known = method if method in METHODS else "other"
    REQUESTS.labels(known, route or NO_ROUTE, str(status)).inc()
    if (method, route) == ASK:
        ASK_SECONDS.labels(str(status)).observe(took_s)


def watch(gauge: Gauge, read: Callable[[], float]) -> None:
    """Let a gauge read its value whenever it is scraped; a failure to read is NaN, not a failed scrape."""

    def value() -> float:
        try:
            return float(read())
        except Exception:  # noqa: BLE001 - the other dials must be readable while this one is not
            return math.nan

    gauge.set_function(value)


@contextmanager
def exposed(host: str, port: int | None) -> Iterator[int | None]:
    """Answer scrapes for the length of a block.

    Args:
        host: Address to listen on.
        port: Port, 0 for a free one; None exposes nothing.

    Yields:
        The port.

    Raises:
        PortInUseError: If the address is taken.
    """
    if port is None:
        yield None
        return
    try:
        server, thread = start_http_server(port, host, REGISTRY)
    except OSError as error:
        raise PortInUseError(
            f"port {port}", f"cannot be listened on: {error.strerror}", remedy="Set TITRATE_METRICS_PORT."
        ) from error
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
