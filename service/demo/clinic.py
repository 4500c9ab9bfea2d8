"""A clinic's system as Titrate sees it: requests over HTTP, each safe to repeat."""

import time
import uuid
from typing import Any, Self

import httpx2

from service.errors import ServiceError

Json = dict[str, Any]


class Clinic:
    """Speaks to one Titrate with one key."""

    def __init__(self, address: str, key: str) -> None:
        """Connect.

        Args:
            address: For example ``http://127.0.0.1:8000``.
            key: An API key.
        """
        self._client = httpx2.Client(
            base_url=f"{address}/v1", headers={"Authorization": f"Bearer {key}"}, timeout=60.0
        )

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection."""
        self._client.close()

    def get(self, path: str) -> Any:
        """Read; raises ServiceError with the service's code where it refuses."""
        return _body(self._client.get(path))

    def write(self, path: str, body: Json, *, once: str | None = None, if_match: str | None = None) -> Any:
        """Write.

        Args:
            path: Below ``/v1``.
            body: JSON.
            once: Idempotency key; fresh where left out. The same key and body give the same answer for ever.
            if_match: ETag a decision rests on.

        Returns:
            The answer's JSON.

        Raises:
            ServiceError: With the service's code, where it refuses.
        """
        return _body(self._send(path, body, once, if_match))

    def ask(self, course_id: str, *, timeout_s: float = 180.0) -> Json:
        """Ask for the next settings and wait for the answer.

        Raises:
            ServiceError: If the service refuses, or has no answer in time.
        """
        end = time.monotonic() + timeout_s
        reply = self._send(
            f"/courses/{course_id}/asks", {"in_clinic": True, "posture": "standing"}, None, None
        )
        while reply.status_code == 202:
            if time.monotonic() > end:
                raise ServiceError("ask", f"was not answered within {timeout_s:g} s")
            time.sleep(0.2)
            reply = self._client.get(reply.headers["location"].removeprefix("/v1"))
        answer: Json = _body(reply)
        return answer

    def _send(self, path: str, body: Json, once: str | None, if_match: str | None) -> httpx2.Response:
        headers = {"Idempotency-Key": once or uuid.uuid4().hex}
        if if_match is not None:
            headers["If-Match"] = if_match
        return self._client.post(path, json=body, headers=headers)


def _body(reply: httpx2.Response) -> Any:
    if reply.status_code >= 400:
        problem = reply.json()
        raise ServiceError("service", f"refused: {problem.get('detail', problem.get('title', ''))}")
    if reply.status_code == 202 and "location" in reply.headers:
        raise ServiceError("service", "has not answered yet")
    return reply.json()
