"""In which order runs are begun: those that take longest first, so that no core idles while the last slow one ends."""

import math
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from optimizer.policies.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One policy on one patient."""

    policy: Policy
    patient: int


class LongestFirst(Iterator[Job]):
    """Jobs by policy, the slowest policy first, as far as is known when the next job is asked for.

    How long a policy takes is not known before its first run has ended; until then it counts as slow, and policies nothing is
    known of take turns. The order decides when a result is there, never what it is.
    """

    def __init__(self, jobs: Iterable[Job]) -> None:
        self._waiting: dict[str, deque[Job]] = defaultdict(deque)
        self._begun: dict[str, int] = defaultdict(int)
        self._took_s: dict[str, list[float]] = defaultdict(list)
        for job in jobs:
            self._waiting[job.policy.name].append(job)

    def __len__(self) -> int:
        """How many have not been begun."""
        return sum(len(jobs) for jobs in self._waiting.values())

    def took(self, policy: str, seconds: float) -> None:
        """Note how long a run took."""
        self._took_s[policy].append(seconds)

    def __next__(self) -> Job:
        """Return the job to begin now."""
        names = [name for name, jobs in self._waiting.items() if jobs]
        if not names:
            raise StopIteration
        slowest = max(names, key=lambda name: (self._expected_s(name), -self._begun[name]))
        self._begun[slowest] += 1
        return self._waiting[slowest].popleft()

    def _expected_s(self, policy: str) -> float:
        took = self._took_s.get(policy)
        return sum(took) / len(took) if took else math.inf
