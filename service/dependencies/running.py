"""Requests under way: a second one with the same idempotency key waits shortly for the first, then is told to come back."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from service.errors import IdempotencyKeyRunningError


class Running:
    """The idempotency keys at work in this process.

    Between processes the database's turn of writing does the same: the second request waits for it and finds the answer.
    """

    def __init__(self, wait_s: float) -> None:
        """Begin with none.

        Args:
            wait_s: How long a second request waits.
        """
        self._wait_s = wait_s
        self._keys: set[tuple[str, ...]] = set()
        self._changed = threading.Condition()

    @contextmanager
    def turn(self, *key: str) -> Iterator[None]:
        """Hold a key for the length of the block.

        Raises:
            IdempotencyKeyRunningError: If another holds it for longer than the wait.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: key not in self._keys, self._wait_s):
                raise IdempotencyKeyRunningError(
                    "Idempotency-Key",
                    "belongs to a request that is still running",
                    remedy="Repeat the request in a moment.",
                )
            self._keys.add(key)
        try:
            yield
        finally:
            with self._changed:
                self._keys.remove(key)
                self._changed.notify_all()
