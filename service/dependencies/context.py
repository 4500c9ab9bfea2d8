"""What the assembly built and the routes use."""

import threading
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, cast

from starlette.requests import Request
from starlette.types import Scope

from service.audit.access import AccessTrail
from service.auth.callers import Callers
from service.clock import Clock
from service.db.engine import Database
from service.dependencies.rate import RateLimit
from service.dependencies.running import Running
from service.settings import Settings


class Computes(Protocol):
    """Answers asks somewhere else."""

    @property
    def is_warm(self) -> bool:
        """Whether a process is up and has answered its first question."""
        ...

    def submit(self, ask_id: str) -> None:
        """Say that an ask is on record and waits."""
        ...

    def awaiting(self, ask_id: str) -> AbstractContextManager[threading.Event]:
        """Give an event that is set when the ask is answered; look within the block whether it is already."""
        ...

    def start(self) -> None:
        """Begin to answer."""
        ...

    def stop(self) -> None:
        """End the processes."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Every part a route may need."""

    settings: Settings
    database: Database
    clock: Clock
    compute: Computes
    callers: Callers
    access: AccessTrail
    running: Running
    rate: RateLimit
    """Of known callers, by site and name."""
    refusals: RateLimit
    """Of answers to callers nobody knows, by address."""


def services_of(request: Request) -> Services:
    """Return the parts of the application that got a request."""
    return cast("Services", request.app.state.services)


def path_of(scope: Scope) -> str:
    """Return the path as it came over the wire: without the query, and with odd characters still encoded."""
    return str(scope["raw_path"].decode("ascii", "replace"))
