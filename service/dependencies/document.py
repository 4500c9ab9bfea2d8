"""The OpenAPI document: what each route may answer, with the codes of each status and a problem's shape.

What FastAPI derives from the routes stays; what it cannot know is added here by rules that hold for all routes alike.
"""

import json
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from service.dependencies.problems import MEDIA_TYPE, PROBLEM_EXAMPLE, TYPE
from service.http_status import STATUS

ANSWERS = Path(__file__).with_name("answers.json")
"""What a real service answered, one example a schema; ``tools/answers.py`` records them."""
NEVER_ANSWERED = {
    "service-error",
    "optimizer-error",
    "setting",
    "port-in-use",
    "checkpoint",
    "data-folder",
    "projection-busy",
    "tracking-unavailable",
}
"""Codes of commands and of the worker, and roots that are never raised."""
PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457. `code` is stable and has a section in docs/errors.md; no value of the request is repeated.",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string", "description": f"`{TYPE}` and the code."},
        "title": {"type": "string", "description": "The status in words."},
        "status": {"type": "integer", "description": "HTTP status of the answer."},
        "code": {"type": "string", "description": "What to tell errors apart by."},
        "detail": {"type": "string", "description": "One sentence: field, problem, limit, what to do next."},
        "field": {"type": "string", "description": "Path of the first field at fault."},
        "errors": {
            "type": "array",
            "description": "Every finding about the shape of the request, at most 100.",
            "items": {
                "type": "object",
                "required": ["field", "code", "problem"],
                "properties": {name: {"type": "string"} for name in ("field", "code", "problem", "limit")},
            },
        },
    },
    "examples": [PROBLEM_EXAMPLE],
}
HEADERS = {
    401: {"WWW-Authenticate": "`Bearer`."},
    429: {"Retry-After": "Seconds."},
    503: {"Retry-After": "Seconds, where repeating the request makes sense."},
}


PRODUCES = {
    "/v1/patients": "patient_id",
    "/v1/stops": "stop_id",
    "/v1/courses": "course_id",
    "/v1/courses/{course_id}/asks": "proposal_id",
    "/v1/courses/{course_id}/problems": "problem_id",
    "/v1/courses/{course_id}/trials": "trial_id",
}
"""What the ``id`` of a write's answer names in other paths and bodies."""


def install(app: FastAPI) -> None:
    """Let an application give the whole document."""
    generate = app.openapi

    def documented() -> dict[str, Any]:
        if app.openapi_schema is None:
            complete(generate())
        assert app.openapi_schema is not None  # noqa: S101 - `generate` keeps it
        return app.openapi_schema

    app.openapi = documented  # type: ignore[method-assign]


def complete(document: dict[str, Any]) -> None:
    """Add to a generated document what every route may answer.

    Args:
        document: As FastAPI derived it; changed in place.
    """
    schemas = document["components"]["schemas"]
    schemas["Problem"] = PROBLEM_SCHEMA
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    _show_answers(document["paths"], schemas)
    for path, entry in document["paths"].items():
        for method, operation in entry.items():
            if not path.startswith("/v1/"):
                continue
            for status in _statuses(path, method, operation):
                operation["responses"][str(status)] = _problem(status)
            for parameter in operation.get("parameters", ()):
                # the code answers their absence with a code of its own, so FastAPI takes them for optional
                if parameter["in"] == "header":
                    parameter["required"] = True
    _link(document["paths"], schemas)


def _show_answers(paths: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Put a recorded answer beside each schema, and beside the routes that answer canonical JSON without one."""
    for name, answer in json.loads(ANSWERS.read_bytes()).items():
        if name in schemas:
            schemas[name]["examples"] = [answer]
        elif " " in name:
            method, path = name.lower().split()
            plain = {"application/json": {"schema": {"type": "object"}, "example": answer}}
            paths[path][method]["responses"]["200"]["content"] = plain


def _link(paths: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Say where the id that a write answers can be used."""
    for source, name in PRODUCES.items():
        if source not in paths:
            continue
        given = {
            part[1:-1]: f"$request.path.{part[1:-1]}" for part in source.split("/") if part.startswith("{")
        }
        given[name] = "$response.body#/id"
        links = {}
        for path, entry in paths.items():
            wanted = {part[1:-1] for part in path.split("/") if part.startswith("{")}
            for operation in entry.values() if wanted <= given.keys() else ():
                taken = {name: given[name]} if name in _body_names(operation, schemas) else {}
                if name in wanted or taken:
                    used = {each: given[each] for each in sorted(wanted)}
                    links[operation["operationId"]] = {
                        "operationId": operation["operationId"],
                        "parameters": used,
                        **({"requestBody": taken} if taken else {}),
                    }
        paths[source]["post"]["responses"]["201"]["links"] = links


def _body_names(operation: dict[str, Any], schemas: dict[str, Any]) -> set[str]:
    """Return the names in the body of a request; none where it has no body."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    schema = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
    return set(schemas.get(schema, {}).get("properties", ()))


def _statuses(path: str, method: str, operation: dict[str, Any]) -> Iterator[int]:
    """Give the problems a route may answer with."""
    places = {parameter["in"] for parameter in operation.get("parameters", ())}
    yield from (401, 403, 422, 429, 503)
    named = {parameter["name"] for parameter in operation.get("parameters", ())}
    if "path" in places or "patient_id" in named or method == "post":
        yield 404
    if method == "post":
        yield from (400, 409, 413)
    if any(parameter["name"].lower() == "if-match" for parameter in operation.get("parameters", ())):
        yield from (412, 428)
    if path.endswith("/program"):
        yield 409


def _problem(status: int) -> dict[str, Any]:
    codes = sorted(code for code, stated in STATUS.items() if stated == status and code not in NEVER_ANSWERED)
    listed = ", ".join(f"`{code}`" for code in codes)
    found: dict[str, Any] = {
        "description": f"{HTTPStatus(status).phrase}: {listed}.",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if status in HEADERS:
        found["headers"] = {
            name: {"description": text, "schema": {"type": "string"}}
            for name, text in HEADERS[status].items()
        }
    return found
