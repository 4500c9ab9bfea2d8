"""Turns within a process: who came first goes first.

SQLite lets whoever looks at the right moment write next: a waiting writer sleeps, longer each time, and may sleep through
every gap while later ones get in. Among the threads of one process this line is kept instead; then the one at its head
waits for SQLite, against other processes alone. PostgreSQL keeps a line for its advisory locks by itself.
"""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """A lock that is given in the order in which it was asked for."""

    def __init__(self) -> None:
        """Begin with nobody in line."""
        self._guard = threading.Lock()
        self._taken = False
        self._line: deque[threading.Event] = deque()

    @contextmanager
    def turn(self, timeout_s: float) -> Iterator[None]:
        """Hold the turn for the length of the block.

        Args:
            timeout_s: How long to stand in line.

        Raises:
            TimeoutError: If the turn did not come in time.
        """
        self._take(timeout_s)
        try:
            yield
        finally:
            self._hand_on()

    def _take(self, timeout_s: float) -> None:
        with self._guard:
            if not self._taken:
                self._taken = True
                return
            mine = threading.Event()
            self._line.append(mine)
        if mine.wait(timeout_s):
            return
        with self._guard:
            if mine in self._line:
                self._line.remove(mine)
                raise TimeoutError
            # it was handed to us just as we gave up

    def _hand_on(self) -> None:
        with self._guard:
            if self._line:
                self._line.popleft().set()
            else:
                self._taken = False
