"""How many requests a caller may send: a bucket of them that fills at a steady rate. Each process keeps its own."""

import math
import threading
import time
from collections.abc import Callable

from service.errors import TooManyRequestsError

MOST_CALLERS = 10_000


class RateLimit:
    """One bucket a caller; safe to use from several threads."""

    def __init__(self, *, per_s: float, burst: int, elapsed: Callable[[], float] = time.monotonic) -> None:
        """Begin with full buckets.

        Args:
            per_s: Requests a second that a bucket regains.
            burst: Requests a full bucket holds.
            elapsed: Seconds on a clock that nobody sets.
        """
        self._per_s = per_s
        self._burst = float(burst)
        self._elapsed = elapsed
        self._lock = threading.Lock()
        self._left: dict[str, tuple[float, float]] = {}
        """Caller -> requests left, and when that was reckoned."""

    def take(self, caller: str) -> None:
        """Take one request out of a caller's bucket.

        Raises:
            TooManyRequestsError: If there is none; says when there will be.
        """
        with self._lock:
            now = self._elapsed()
            left, at = self._left.get(caller, (self._burst, now))
            left = min(self._burst, left + (now - at) * self._per_s)
            if left < 1.0:
                raise TooManyRequestsError(retry_after_s=math.ceil((1.0 - left) / self._per_s))
            if len(self._left) >= MOST_CALLERS:
                self._forget_idle(now)
            self._left[caller] = (left - 1.0, now)

    def _forget_idle(self, now: float) -> None:
        """Drop full buckets, which are as good as new; were there none, drop all rather than grow."""
        busy = {
            caller: (left, at)
            for caller, (left, at) in self._left.items()
            if left + (now - at) * self._per_s < self._burst
        }
        self._left = busy if len(busy) < MOST_CALLERS else {}
