"""Wire types of the trail."""

from datetime import datetime
from enum import StrEnum

from pydantic import ConfigDict

from service.dependencies.wire import View


class Of(StrEnum):
    """Which of the two trails."""

    WRITES = "writes"
    """What took effect."""
    ACCESS = "access"
    """What was read, took no effect, or was refused."""


class LineView(View):
    """One request: who, with what, where, and what came of it. Never what was said."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "sequence": 4711,
                    "at": "2026-11-21T09:00:00.123456Z",
                    "principal": "clinic:dr-no",
                    "credential": "token:clinic",
                    "method": "GET",
                    "route": "/v1/courses/01938b3e-5f0c-7d2a-9c41-7f1f5f0a8a33",
                    "request_id": "3f1c5c0e-6d0b-4f3a-9a53-0c6a1f9f8a10",
                    "status": 200,
                }
            ]
        }
    )

    sequence: int
    """Place in this trail; the next page begins after it."""
    at: datetime
    """When it was answered."""
    principal: str
    """Name of the caller; empty where nobody could show who they were."""
    credential: str | None
    """``key:`` and the public prefix, or ``token:`` and the provider; null where none was shown."""
    method: str
    """Of the request; ``COMMAND`` for a command of the operator."""
    route: str
    """Path of the request, ids included."""
    request_id: str
    """As the answer carried it in ``X-Request-Id``."""
    status: int
    """HTTP status of the answer."""
