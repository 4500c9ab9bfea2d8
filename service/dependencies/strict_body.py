"""Bodies read strictly before any model sees them: bounded, JSON, no duplicate keys, no NaN or Infinity."""

import json
from typing import Any, NoReturn

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.dependencies import problems
from service.errors import MalformedRequestError, RequestTooLargeError, ServiceError

MOST_BRACKETS = 2_000
"""More than any body of ours has; far below what could exhaust a parser."""
MOST_COMMAS = 20_000
"""More than the longest list of ours has; a body is parsed before it is known who sent it, so that must be cheap."""
LARGEST_INTEGER = 2**53 - 1
"""Beyond it JSON's numbers are no longer exact."""
_NUMBER_LENGTH = 40


class StrictBody:
    """ASGI layer: hands on a body that is fit to be parsed, or answers with a problem."""

    def __init__(self, app: ASGIApp, *, limit_bytes: int) -> None:
        """Wrap an application.

        Args:
            app: What gets the request.
            limit_bytes: Largest body.
        """
        self.app = app
        self.limit_bytes = limit_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read and check the body of a write, then hand on the request."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self.app(scope, receive, send)
            return
        try:
            body = await self._read(receive)
            if body is None:
                return
            if body:
                parse(body)
        except ServiceError as error:
            await problems.of_error(error)(scope, receive, send)
            return
        await self.app(scope, _replay(body, receive), send)

    async def _read(self, receive: Receive) -> bytes | None:
        """Collect the body; None where the caller went away."""
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > self.limit_bytes:
                raise RequestTooLargeError("body", "is too large", limit=f"{self.limit_bytes} bytes")
            chunks.append(chunk)
            if not message.get("more_body", False):
                return b"".join(chunks)


def parse(body: bytes) -> Any:
    """Return the plain value of a strict JSON body.

    Raises:
        MalformedRequestError: If it is not JSON in UTF-8, repeats a key, holds a number JSON cannot carry exactly, or
            nests beyond reason.
    """
    if body.count(b"[") + body.count(b"{") > MOST_BRACKETS:
        raise MalformedRequestError("body", "nests or lists too much", limit=f"{MOST_BRACKETS} brackets")
    if body.count(b",") > MOST_COMMAS:
        raise MalformedRequestError("body", "lists too much", limit=f"{MOST_COMMAS} commas")
    try:
        value = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_distinct,
            parse_constant=_no_constant,
            parse_int=_short_int,
            parse_float=_finite,
        )
        if b"\\u" in body:
            json.dumps(value, ensure_ascii=False).encode()  # refuses half a surrogate pair
    except ServiceError:
        raise
    except (ValueError, RecursionError):
        # the cause quotes the body, so it is dropped
        raise MalformedRequestError("body", "is not strict JSON", remedy="Send UTF-8 JSON.") from None
    return value


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise MalformedRequestError("body", "repeats a key", remedy="Send each name once.")
    return found


def _no_constant(_text: str) -> NoReturn:
    raise MalformedRequestError("body", "holds NaN or Infinity", limit="finite numbers")


def _short_int(text: str) -> int:
    if len(text) > _NUMBER_LENGTH:
        raise MalformedRequestError("body", "holds a number that is too long")
    number = int(text)
    if abs(number) > LARGEST_INTEGER:
        raise MalformedRequestError("body", "holds a whole number JSON cannot carry exactly")
    return number


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise MalformedRequestError("body", "holds a number beyond what can be kept", limit="finite numbers")
    return number


def _replay(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def again() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
