"""Queries read strictly: a parameter that the route does not document is refused, never ignored."""

from fastapi.exceptions import RequestValidationError
from starlette.requests import Request


def check_query(request: Request) -> None:
    """Refuse parameters nobody documented: a misspelt filter would answer as if there were none.

    Raises:
        RequestValidationError: If the query has one; it tells those the route has.
    """
    if not request.query_params:
        return
    path, method = f"/v1{request.scope['route'].path}", request.method.lower()
    operation = request.app.openapi()["paths"][path][method]
    known = [part["name"] for part in operation.get("parameters", ()) if part["in"] == "query"]
    limit = {"expected": ", ".join(known) or "none"}
    unknown = [
        {"type": "unknown_parameter", "loc": ("query", name), "ctx": limit}
        for name in request.query_params
        if name not in known
    ]
    if unknown:
        raise RequestValidationError(unknown)
