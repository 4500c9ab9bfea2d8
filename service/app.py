"""The web application: routers, layers, errors. No logic."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from service.assembly import assemble
from service.clock import Clock, system_clock
from service.courses.routes import router as courses_router
from service.courses.standing_routes import router as standing_router
from service.dependencies import document, problems
from service.dependencies.context import Services
from service.dependencies.docs_page import add_docs_page
from service.dependencies.finish import Finish
from service.dependencies.lines import Lines
from service.dependencies.requests import REPLAYED
from service.dependencies.strict_body import StrictBody
from service.devices.routes import router as devices_router
from service.health import add_health
from service.outcomes.routes import router as outcomes_router
from service.patients.routes import router as patients_router
from service.patients.stop_routes import router as stops_router
from service.proposals.routes import router as proposals_router
from service.settings import Settings
from service.trail.routes import router as trail_router
from service.worklist.routes import router as worklist_router

_log = logging.getLogger(__name__)

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
        # to an address built from the Host header nobody is sent
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
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
    add_health(app, services)
    add_docs_page(app)
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
    app.add_middleware(Lines, at_once=settings.at_once)
    app.add_middleware(Finish, services=services)
    document.install(app)
    return app


def _lifespan(services: Services) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        try:
            services.database.migrate()
        except Exception:
            _log.critical("the schema could not be brought to this release", exc_info=True)
            raise
        services.access.start()
        services.compute.start()
        try:
            yield
        finally:
            services.compute.stop()
            services.access.stop()
            services.database.close()

    return lifespan
