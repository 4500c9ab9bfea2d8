"""Whether the process answers, and whether an ask could be answered now. MLflow is no part of it."""

from datetime import UTC, datetime, timedelta

from fastapi import FastAPI
from sqlalchemy import func, select
from starlette.responses import JSONResponse

from service.clock import Clock
from service.db.engine import Database
from service.dependencies.context import Services
from service.errors import DatabaseNotReadyError
from service.ledger.tables import Entry

CLOCKS_DIFFER = timedelta(seconds=60)
"""More than this behind the newest entry, or off the database's own clock, and no new time is to be trusted."""
READY = {"database": "ok", "migrations": "head", "clock": "ok", "compute": "warm"}


def add_health(app: FastAPI, services: Services) -> None:
    """Give an application its two probes."""

    @app.get("/livez", summary="Is the process alive?", tags=["health"])
    async def livez() -> dict[str, str]:
        """Say that the process answers."""
        return {"status": "alive"}

    @app.get("/readyz", summary="Can asks be answered?", tags=["health"])
    def readyz() -> JSONResponse:
        """Say whether asks can be answered: database, migrations, clock, a warm compute process."""
        found = readiness(services)
        ready = found == READY
        return JSONResponse({"status": "ready" if ready else "not ready", **found}, 200 if ready else 503)


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
