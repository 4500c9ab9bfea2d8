"""Errors as application/problem+json (RFC 9457): stable codes, no echo of what was sent."""

import logging
import traceback
from functools import cache
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import InterfaceError, OperationalError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from optimizer.errors import OptimizerError, UnknownParameterError
from service.db.failure import kind_of
from service.dependencies import shape
from service.errors import DatabaseBusyError, ServiceError
from service.http_status import status_of

MEDIA_TYPE = "application/problem+json"
TYPE = "urn:titrate:error:"
"""A name, not an address; ``docs/errors.md`` has a section for each code."""

_log = logging.getLogger(__name__)
_BY_STATUS = {404: "not-found", 405: "method-not-allowed"}
PROBLEM_EXAMPLE = {
    "type": f"{TYPE}outside-envelope",
    "title": "Unprocessable Content",
    "status": 422,
    "code": "outside-envelope",
    "detail": "amplitude_ma: lies outside the course's envelope (limit: 0 to 8 mA).",
    "field": "amplitude_ma",
}


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    field: str = "",
    headers: dict[str, str] | None = None,
    errors: list[dict[str, str]] | None = None,
) -> JSONResponse:
    """Build a problem document."""
    body: dict[str, Any] = {
        "type": TYPE + code,
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
    }
    if field:
        body["field"] = field
    if errors:
        body["errors"] = errors
    return JSONResponse(body, status, headers, media_type=MEDIA_TYPE)


def of_error(error: ServiceError | OptimizerError) -> JSONResponse:
    """Build the problem document of one of our errors."""
    if isinstance(error, UnknownParameterError) and error.field not in shape.parameter_names():
        # no device has it, so the caller made it up
        error = type(error)(shape.UNDOCUMENTED, error.problem, limit=error.limit, remedy=error.remedy)
    status = status_of(error)
    headers = {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else {}
    if isinstance(error, ServiceError) and error.retry_after_s is not None:
        headers["Retry-After"] = str(error.retry_after_s)
    return problem(status, error.code, str(error), field=error.field, headers=headers)


def unexpected(error: Exception) -> JSONResponse:
    """Answer what should not happen; the log gets places and types, as a message of a library may quote a value."""
    if isinstance(error, OperationalError | InterfaceError):
        # a full disk, a lost server and a refused role are told apart here and nowhere else
        _log.warning("the database was lost on the way", extra={"error": kind_of(error)})
        # whether a commit that was under way took effect nobody knows here; the key tells
        return of_error(
            DatabaseBusyError(
                "database",
                "was lost on the way",
                remedy="Repeat the request with the same Idempotency-Key: it takes effect once.",
            )
        )
    places = [f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[-6:]]
    _log.error("unexpected %s at %s", type(error).__qualname__, " > ".join(places))
    return problem(500, "internal-error", "Something failed that should not. Nothing was written.")


def install(app: FastAPI) -> None:
    """Answer every error of the application with a problem document."""

    @cache
    def names() -> frozenset[str]:
        return shape.documented_names(app.openapi())

    async def known(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, ServiceError | OptimizerError)  # noqa: S101
        return of_error(error)

    async def invalid(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)  # noqa: S101
        found = shape.findings(error.errors(), names())
        first = found[0]["field"] if found else ""
        return problem(422, "invalid-request", shape.detail(found), field=first, errors=found)

    async def unrouted(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)  # noqa: S101
        code = _BY_STATUS.get(error.status_code, "malformed-request")
        headers = dict(error.headers) if error.headers else None
        return problem(error.status_code, code, HTTPStatus(error.status_code).description, headers=headers)

    app.add_exception_handler(ServiceError, known)
    app.add_exception_handler(OptimizerError, known)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, unrouted)
