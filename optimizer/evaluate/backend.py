"""Where runs are run: processes of this machine, or a Dask cluster by its name. joblib does the work."""

import os
import threading
import time
import warnings
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from joblib import Parallel, cpu_count, delayed, parallel_config
from joblib.externals.loky.process_executor import TerminatedWorkerError
from threadpoolctl import threadpool_limits

from optimizer.errors import DataError, MissingExtraError
from optimizer.evaluate.run import run_policy
from optimizer.evaluate.schedule import Job
from optimizer.evaluate.trace import Trace

LOKY: Final = "loky"
DASK: Final = "dask"
LOOKS_EVERY_S: Final = 0.2
"""How soon a process notices that the run it works for was killed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """A joblib backend by name, and how much of it."""

    name: str = LOKY
    """``loky`` (processes of this machine) or ``dask``."""
    n_processes: int | None = None
    """Of this machine; None is one a core. A Dask cluster has as many workers as it has."""
    scheduler: str | None = None
    """Address of the Dask scheduler, for example ``tcp://10.0.0.5:8786``."""

    def __post_init__(self) -> None:
        """Check that a cluster has an address; raises DataError."""
        if self.name not in (LOKY, DASK):
            raise DataError("backend", "is not one there is", limit=f"{LOKY}, {DASK}")
        if (self.name == DASK) != (self.scheduler is not None):
            raise DataError("scheduler", "goes with the backend dask, and the backend with it")


def run_all(jobs: Iterable[Job], scenario: str, n_trials: int, backend: Backend) -> Iterator[Trace]:
    """Run jobs and yield their traces as they end.

    Args:
        jobs: Taken one by one when a process is free; the seed of a policy is the number of its patient.
        scenario: Its name.
        n_trials: Trials a patient, the start included.
        backend: Where.

    Yields:
        Traces in the order in which the runs end.

    Raises:
        DataError: If the scheduler does not answer, or a process was killed from outside.
        MissingExtraError: If Dask is not installed.
    """
    parent = os.getpid() if backend.name == LOKY else None
    try:
        runs = _parallel(backend)(
            delayed(_run)(scenario, job.policy, job.patient, n_trials=n_trials, parent=parent) for job in jobs
        )
        with _given_up_quietly(runs):
            for trace in runs:  # noqa: UP028 - `yield from` would close the runs before the warning is silenced
                yield trace
    except TerminatedWorkerError as error:
        raise DataError(
            "jobs",
            "a process was killed, for want of memory or from outside",
            remedy="Give the command again: what has ended is kept. Fewer processes need less memory.",
        ) from error
    except TimeoutError as error:
        raise DataError("scheduler", "has no workers", remedy="Start one: `dask worker ADDRESS`.") from error


@contextmanager
def _given_up_quietly(runs: Generator[Trace]) -> Iterator[None]:
    """End runs without joblib's advice that some were under way: whoever gives up knows."""
    try:
        yield
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            runs.close()


def _parallel(backend: Backend) -> Any:
    # one job at a time: a run is kept when it ends, not when its batch does
    common = {"return_as": "generator_unordered", "batch_size": 1}
    if backend.scheduler is None:
        return Parallel(n_jobs=backend.n_processes or cpu_count(), **common)
    try:
        with parallel_config(backend=DASK, scheduler_host=backend.scheduler):
            return Parallel(n_jobs=-1, **common)
    except OSError as error:
        raise DataError(
            "scheduler", "does not answer", remedy="Start `dask scheduler`, then `dask worker ADDRESS`."
        ) from error
    except ValueError as error:
        raise MissingExtraError(
            "backend",
            "needs the optional extra dask",
            remedy="In the checkout: pip install --editable '.[dask]'.",
        ) from error


_ONE_RUN_A_PROCESS = threading.Lock()
"""A Dask worker may have threads; runs in one process share torch and libraries that draw from one generator."""


def _run(scenario: str, policy: Any, patient: int, *, n_trials: int, parent: int | None) -> Trace:
    """Run one job in whatever process it came to, on one thread: threads change the last bits of sums."""
    _end_with(parent)
    with _ONE_RUN_A_PROCESS, threadpool_limits(limits=1):
        return run_policy(scenario, policy, patient, n_trials=n_trials, seed=patient)


def _end_with(parent: int | None) -> None:
    """Make this process end when the one it works for is killed; joblib's would work on for minutes."""
    if parent in (None, os.getpid()) or any(thread.name == _WATCH for thread in threading.enumerate()):
        return
    threading.Thread(target=_watch, args=(parent,), name=_WATCH, daemon=True).start()


_WATCH: Final = "ends with its parent"


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOKS_EVERY_S)
    os._exit(1)
