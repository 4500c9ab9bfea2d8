"""The web application: routers, layers, errors. No logic."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from service.assembly import assemble
from service.clock import Clock, system_clock
from service.courses.routes import router as courses_router
from service.courses.standing_routes import router as standing_router
from service.dependencies import problems
from service.dependencies.context import Services
from service.dependencies.requests import request_id_of
from service.dependencies.strict_body import StrictBody
from service.devices.routes import router as devices_router
from service.errors import ServiceError
from service.outcomes.routes import router as outcomes_router
from service.patients.routes import router as patients_router
from service.patients.stop_routes import router as stops_router
from service.proposals.routes import router as proposals_router
from service.settings import Settings
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
        responses={
            "default": {
                "description": "A problem",
                "content": {problems.MEDIA_TYPE: {"example": problems.PROBLEM_EXAMPLE}},
            }
        },
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
    ):
        app.include_router(router, prefix="/v1")
    _add_health(app, services)
    problems.install(app)
    app.add_middleware(StrictBody, limit_bytes=settings.body_limit_bytes)
    app.middleware("http")(_finish)
    _document_required_headers(app)
    return app


def _document_required_headers(app: FastAPI) -> None:
    """Say in the document that a write needs its headers; the code answers their absence with a code of its own."""
    generate = app.openapi

    def documented() -> dict[str, Any]:
        document = generate()
        for path in document["paths"].values():
            for parameter in path.get("post", {}).get("parameters", ()):
                if parameter["in"] == "header":
                    parameter["required"] = True
        return document

    app.openapi = documented  # type: ignore[method-assign]


def _lifespan(services: Services) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        services.database.migrate()
        services.compute.start()
        try:
            yield
        finally:
            services.compute.stop()
            services.database.close()

    return lifespan


async def _finish(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Name the request, and tell caches and browsers to keep their hands off."""
    request_id = request_id_of(request)
    try:
        response = await call_next(request)
    except Exception as error:  # noqa: BLE001 - caught here, else the server would log the message and what it quotes
        response = problems.unexpected(error)
    response.headers["X-Request-Id"] = request_id
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


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
