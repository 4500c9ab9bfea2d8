"""Whether the process answers, and whether an ask could be answered now. MLflow is no part of it."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, datetime

from fastapi import FastAPI
from sqlalchemy import func, select
from starlette.responses import JSONResponse

from service.clock import Clock
from service.db.engine import CLOCKS_DIFFER, Database
from service.dependencies.context import Services
from service.errors import DatabaseNotReadyError
from service.ledger.tables import Entry

LOOK_WITHIN_S = 5.0
"""A database that does not say within this how it is, is not ready; whoever asks would give up too."""
READY = {"database": "ok", "migrations": "head", "clock": "ok", "compute": "warm"}


def add_health(app: FastAPI, services: Services) -> None:
    """Give an application its two probes."""
    look = Look(lambda: readiness(services))

    @app.head("/livez", include_in_schema=False)
    @app.get("/livez", summary="Is the process alive?", tags=["health"])
    async def livez() -> dict[str, str]:
        """Say that the process answers."""
        return {"status": "alive"}

    @app.head("/readyz", include_in_schema=False)
    @app.get("/readyz", summary="Can asks be answered?", tags=["health"])
    async def readyz() -> JSONResponse:
        """Say whether asks can be answered: database, migrations, clock, a warm compute process."""
        found = await look.found(LOOK_WITHIN_S)
        ready = found == READY
        return JSONResponse({"status": "ready" if ready else "not ready", **found}, 200 if ready else 503)


class Look:
    """One look at a time, in a thread of its own: a database that hangs must neither hold a probe nor take a thread for each."""

    def __init__(self, look: Callable[[], dict[str, str]]) -> None:
        """Know how to look.

        Args:
            look: Says how each part stands; may hang.
        """
        self._look = look
        self._under_way: Future[dict[str, str]] | None = None

    async def found(self, within_s: float) -> dict[str, str]:
        """Return how each part stands; where the look takes longer, that the database does not say."""
        if self._under_way is None or self._under_way.done():
            self._under_way = Future()
            threading.Thread(target=self._fill, args=(self._under_way,), name="look", daemon=True).start()
        done, _ = await asyncio.wait([asyncio.wrap_future(self._under_way)], timeout=within_s)
        return (
            done.pop().result() if done else dict.fromkeys(READY, "unknown") | {"database": "does-not-answer"}
        )

    def _fill(self, future: Future[dict[str, str]]) -> None:
        try:
            future.set_result(self._look())
        except BaseException as error:  # noqa: BLE001 - whoever asked is told
            future.set_exception(error)


def readiness(services: Services) -> dict[str, str]:
    """Return how each part stands; ``unknown`` where it could not be looked at."""
    found = dict.fromkeys(READY, "unknown") | {"compute": "warm" if services.compute.is_warm else "cold"}
    try:
        services.database.check()
        found |= {"database": "ok", "migrations": "head"}
        found["clock"] = clock_of(services.database, services.clock)
    except DatabaseNotReadyError as error:
        found |= {"database": "ok", "migrations": error.code}
    except Exception as error:  # noqa: BLE001 - any failure to reach it is the same answer
        found["database"] = type(error).__name__
    return found


def clock_of(database: Database, clock: Clock) -> str:
    """Hold our clock against the record and, on PostgreSQL, against the database's.

    Returns:
        ``ok``, ``behind-the-record``, or ``off-the-database``.
    """
    with database.read() as session:
        newest = session.scalar(select(Entry.recorded_at).order_by(Entry.sequence.desc()).limit(1))
        theirs = None if database.engine.dialect.name == "sqlite" else session.scalar(select(func.now()))
    now = clock()
    if newest is not None and now < newest - CLOCKS_DIFFER:
        return "behind-the-record"
    if isinstance(theirs, datetime) and abs(now - theirs.astimezone(UTC)) > CLOCKS_DIFFER:
        return "off-the-database"
    return "ok"
