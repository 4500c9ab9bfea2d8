"""Slow policies are begun first, as soon as it is known that they are slow."""

import heapq
from collections.abc import Iterator

from optimizer.evaluate.schedule import Job, LongestFirst
from optimizer.policies.ladder import BRISK
from optimizer.policies.random_safe import RANDOM_SAFE
from optimizer.policies.stay import STAY

SECONDS = {STAY.name: 0.1, BRISK.name: 1.0, RANDOM_SAFE.name: 7.0}
JOBS = [Job(policy=policy, patient=n) for n in range(6) for policy in (STAY, BRISK, RANDOM_SAFE)]


def test_nothing_is_begun_twice_or_left_out() -> None:
    queue = LongestFirst(JOBS)
    assert len(queue) == len(JOBS)
    begun = list(queue)
    assert len(queue) == 0
    assert sorted((job.policy.name, job.patient) for job in begun) == sorted(
        (job.policy.name, job.patient) for job in JOBS
    )


def test_the_unknown_take_turns_and_the_slowest_known_goes_first() -> None:
    queue = LongestFirst(JOBS)
    assert [next(queue).policy.name for _ in range(3)] == [STAY.name, BRISK.name, RANDOM_SAFE.name]
    queue.took(STAY.name, 0.1)
    queue.took(BRISK.name, 1.0)
    assert next(queue).policy is RANDOM_SAFE, "what is still running counts as slow"
    queue.took(RANDOM_SAFE.name, 0.5)
    assert next(queue).policy is BRISK


def test_no_core_idles_while_a_last_slow_run_ends() -> None:
    named_last = [*(Job(policy=BRISK, patient=n) for n in range(10)), Job(policy=RANDOM_SAFE, patient=0)]
    assert makespan_s(iter(named_last), None) == 12.0, "as they were named"
    queue = LongestFirst(named_last)
    assert makespan_s(queue, queue) <= 9.0


def makespan_s(jobs: Iterator[Job], told: LongestFirst | None) -> float:
    """Let two processes that take exactly ``SECONDS`` work the jobs off; return when the last one ends."""
    running: list[tuple[float, int, str]] = []
    now = 0.0
    for number, job in enumerate(jobs):
        heapq.heappush(running, (now + SECONDS[job.policy.name], number, job.policy.name))
        if len(running) == 2:
            now, _, name = heapq.heappop(running)
            if told is not None:
                told.took(name, SECONDS[name])
    return max(now, *(end for end, _, _ in running))
