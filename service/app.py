"""The web application: routers, layers, errors. No logic."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse

from service.assembly import assemble
from service.clock import Clock, system_clock
from service.courses.routes import router as courses_router
from service.courses.standing_routes import router as standing_router
from service.dependencies import document, problems
from service.dependencies.context import Services
from service.dependencies.finish import Finish
from service.dependencies.requests import REPLAYED
from service.dependencies.strict_body import StrictBody
from service.devices.routes import router as devices_router
from service.errors import ServiceError
from service.outcomes.routes import router as outcomes_router
from service.patients.routes import router as patients_router
from service.patients.stop_routes import router as stops_router
from service.proposals.routes import router as proposals_router
from service.settings import Settings
from service.trail.routes import router as trail_router
from service.worklist.routes import router as worklist_router

DESCRIPTION = """Proposes the next neurostimulation settings for one patient at a time. **Research use.** A clinician approves,
edits or rejects every proposal; nothing is ever applied by the software.

Every write needs an `Idempotency-Key`; a decision needs `If-Match`. Errors are `application/problem+json` with stable codes.
"""


def create_app(settings: Settings, *, clock: Clock = system_clock) -> FastAPI:
    """Build the application.

    Args:
        settings: The one configuration.
        clock: What time it is.

    Returns:
        The application; its lifespan migrates the database and starts the compute processes.
    """
    services = assemble(settings, clock=clock)
    app = FastAPI(
        title="Titrate",
        version=version("titrate"),
        description=DESCRIPTION,
        lifespan=_lifespan(services),
    )
    app.state.services = services
    for router in (
        patients_router,
        stops_router,
        devices_router,
        courses_router,
        standing_router,
        proposals_router,
        outcomes_router,
        worklist_router,
        trail_router,
    ):
        app.include_router(router, prefix="/v1")
    _add_health(app, services)
    problems.install(app)
    app.add_middleware(StrictBody, limit_bytes=settings.body_limit_bytes)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "If-Match"],
            expose_headers=["ETag", "Link", "Location", "Retry-After", "X-Request-Id", REPLAYED],
        )
    app.add_middleware(Finish, services=services)
    document.install(app)
    return app


def _lifespan(services: Services) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        services.database.migrate()
        services.access.start()
        services.compute.start()
        try:
            yield
        finally:
            services.compute.stop()
            services.access.stop()
            services.database.close()

    return lifespan


def _add_health(app: FastAPI, services: Services) -> None:
    @app.get("/livez", tags=["health"])
    async def livez() -> dict[str, str]:
        """Say that the process answers."""
        return {"status": "alive"}

    @app.get("/readyz", tags=["health"])
    def readyz() -> JSONResponse:
        """Say whether asks can be answered: database, schema, a warm compute process."""
        found = {"database": "ok", "compute": "warm" if services.compute.is_warm else "cold"}
        try:
            services.database.check()
        except ServiceError as error:
            found["database"] = error.code
        except Exception as error:  # noqa: BLE001 - any failure to reach it is the same answer
            found["database"] = type(error).__name__
        ready = found == {"database": "ok", "compute": "warm"}
        return JSONResponse({"status": "ready" if ready else "not ready", **found}, 200 if ready else 503)
