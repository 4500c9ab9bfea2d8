"""The outermost layer: names the request, answers what nobody foresaw, puts the line of the trail, and what browsers are told."""

import asyncio
import logging
import time
import uuid
from datetime import datetime

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from service import metrics
from service.audit.access import AccessLine
from service.auth.principal import NOBODY, Principal
from service.dependencies import docs_page, problems
from service.dependencies.context import Services, path_of
from service.errors import ServiceError

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
RECORDED = "/v1/"
PROBES = ("/livez", "/readyz")
"""Asked every few seconds; a line for each would hide the others."""
TURNED_AWAY = 429
"""Leaves no line: whoever sends too much must not make the database write for each."""

_log = logging.getLogger(__name__)


class Finish:
    """ASGI layer around everything of ours."""

    def __init__(self, app: ASGIApp, *, services: Services) -> None:
        """Wrap an application.

        Args:
            app: What gets the request.
            services: Its parts.
        """
        self.app = app
        self.services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on the request; let no answer out before its line is on the trail."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope.setdefault("state", {})["request_id"] = request_id = str(uuid.uuid4())
        began_s = time.perf_counter()
        with bound_contextvars(request_id=request_id):
            status = await self._answer(scope, receive, send)
            tell(scope, status, time.perf_counter() - began_s)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> int:
        """Return the status that went out; 0 where none did."""
        answered = refused = False
        status = 0

        async def finishing(message: Message) -> None:
            nonlocal answered, refused, status
            if refused:
                return
            if message["type"] == "http.response.start":
                answered = True
                status = message["status"]
                try:
                    await self._put_line(scope, message["status"])
                except Exception as error:  # noqa: BLE001 - what was to be said is not said without its line
                    refused = True
                    status = await _refuse(error, scope, receive, send)
                    return
                _add_headers(MutableHeaders(scope=message), scope)
            await send(message)

        try:
            await self.app(scope, receive, finishing)
        except Exception as error:
            if answered:
                raise
            # caught here, else the server would log the message and what it quotes
            status = await _refuse(error, scope, receive, send)
        return status

    async def _put_line(self, scope: Scope, status: int) -> None:
        """Put who saw what, or was refused, on the trail; a write that took effect has its line in its own transaction."""
        state = scope["state"]
        principal: Principal = state.get("principal", NOBODY)
        if not scope["path"].startswith(RECORDED) or state.get("on_trail", False) or status == TURNED_AWAY:
            return
        if principal is NOBODY and status != 401:
            return
        line = line_of(scope, principal, status, self.services.clock())
        await asyncio.wrap_future(self.services.access.add(line))


def line_of(scope: Scope, principal: Principal, status: int, at: datetime) -> AccessLine:
    """Return the line of an answered request."""
    return AccessLine(
        at=at,
        site=principal.site,
        principal=principal.name,
        credential=principal.credential,
        method=scope["method"],
        route=path_of(scope),
        request_id=scope["state"]["request_id"],
        status=status,
    )


def tell(scope: Scope, status: int, took_s: float) -> None:
    """Count an answered request and say it in the log: by the template of its route, never by what was filled in."""
    route = getattr(scope.get("route"), "path", None)
    metrics.count_request(scope["method"], route, status, took_s)
    if route in PROBES:
        return
    method = scope["method"] if scope["method"] in metrics.METHODS else "other"
    fields = {"method": method, "route": route or metrics.NO_ROUTE, "status": status}
    _log.info("request", extra=fields | {"took_ms": round(took_s * 1000, 1)})


async def _refuse(error: Exception, scope: Scope, receive: Receive, send: Send) -> int:
    reply = problems.of_error(error) if isinstance(error, ServiceError) else problems.unexpected(error)
    _add_headers(reply.headers, scope)
    await reply(scope, receive, send)
    return reply.status_code


def _add_headers(headers: MutableHeaders, scope: Scope) -> None:
    headers["X-Request-Id"] = scope["state"]["request_id"]
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    if scope["path"] == docs_page.PATH:
        headers["Content-Security-Policy"] = docs_page.POLICY
