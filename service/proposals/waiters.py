"""Who waits for the answer to which ask."""

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager


class Waiters:
    """Any number of requests may wait for one answer; each is told once it is there."""

    def __init__(self) -> None:
        """Nobody waits yet."""
        self._lock = threading.Lock()
        self._waiting: defaultdict[str, list[threading.Event]] = defaultdict(list)

    @contextmanager
    def awaiting(self, ask_id: str) -> Iterator[threading.Event]:
        """Give an event, for the length of a block, that is set when the ask is answered from now on.

        Whoever looks whether the answer is there looks within the block: one that came between looking and waiting would be
        told to nobody.
        """
        answered = threading.Event()
        with self._lock:
            self._waiting[ask_id].append(answered)
        try:
            yield answered
        finally:
            with self._lock:
                self._waiting[ask_id].remove(answered)
                if not self._waiting[ask_id]:
                    del self._waiting[ask_id]

    def tell(self, ask_id: str) -> None:
        """Say that an ask is answered; nothing is kept of one nobody waits for."""
        with self._lock:
            for answered in self._waiting.get(ask_id, ()):
                answered.set()

    @property
    def wanted(self) -> tuple[str, ...]:
        """The asks somebody waits for."""
        with self._lock:
            return tuple(self._waiting)
