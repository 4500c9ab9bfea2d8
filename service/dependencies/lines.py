"""A line for each caller: whoever sends much at once waits for themselves, and nobody else waits for them.

A process answers with forty threads, and writes take turns in the whole organisation, in the order in which they come. One
clinic's hundred requests would stand before another's one; so of each credential a few are at work at once and the rest wait
here, where waiting costs neither a thread nor a place in the line of writes.
"""

import asyncio
import hashlib
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Receive, Scope, Send


@dataclass(slots=True)
class _Line:
    turns: asyncio.Semaphore
    present: int = field(default=0)
    """Who waits in it or is at work; the last to leave takes it away."""


class Lines:
    """ASGI layer: a few requests of one caller at once."""

    def __init__(self, app: ASGIApp, *, at_once: int) -> None:
        """Wrap an application.

        Args:
            app: What gets the request.
            at_once: Requests of one caller that it works on at a time.
        """
        self.app = app
        self._at_once = at_once
        self._lines: dict[bytes, _Line] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on the request when it is its turn among those of its caller; one who shows nothing is refused at once."""
        shown = dict(scope["headers"]).get(b"authorization") if scope["type"] == "http" else None
        if not shown:
            await self.app(scope, receive, send)
            return
        caller = hashlib.sha256(shown).digest()  # of what was shown nothing is kept
        line = self._lines.setdefault(caller, _Line(asyncio.Semaphore(self._at_once)))
        line.present += 1
        try:
            async with line.turns:
                await self.app(scope, receive, send)
        finally:
            line.present -= 1
            if not line.present:
                del self._lines[caller]
