"""Asks that compute services elsewhere answer (`titrate compute`): what a web process without compute processes does.

The job row is all that goes between them. One thread looks for answers that requests wait for; it also gives the labelled
fallback where no compute service has lived for so long that nobody will answer.
"""

import logging
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from service.clock import Clock
from service.db.engine import Database
from service.ledger import computing, optimizer_version
from service.proposals import answering
from service.proposals.waiters import Waiters

_log = logging.getLogger(__name__)
LOOK_EVERY_S = 0.025
NOBODY = "no_compute_service"
"""Why a fallback stands in."""


class ComputeElsewhere:
    """Waits for answers that other processes put on record."""

    def __init__(self, database: Database, clock: Clock, *, lost_s: float) -> None:
        """Describe it; :meth:`start` begins.

        Args:
            database: The record.
            clock: What time it is.
            lost_s: How long a compute service may be silent before it is taken for lost.
        """
        self._database = database
        self._clock = clock
        self._lost_s = lost_s
        self._holder = uuid.uuid4().hex
        self._waiters = Waiters()
        self._wanted = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="answers", daemon=True)

    @property
    def is_warm(self) -> bool:
        """Whether a compute service lives that has this process's optimiser loaded."""
        try:
            with self._database.read() as session:
                return computing.serving(session, self._clock(), optimizer=optimizer_version.installed())
        except SQLAlchemyError:
            return False

    def start(self) -> None:
        """Begin to look."""
        optimizer_version.installed()  # as it is now: a compute service started after an upgrade would differ
        self._thread.start()

    def stop(self) -> None:
        """End; what is open stays on record."""
        self._stopping.set()
        self._wanted.set()
        self._thread.join()

    def submit(self, ask_id: str) -> None:
        """Do nothing: the job row is there, and compute services look for it."""

    @contextmanager
    def awaiting(self, ask_id: str) -> Iterator[threading.Event]:
        """Give an event that is set when the ask is answered, wherever."""
        with self._waiters.awaiting(ask_id) as answered:
            self._wanted.set()
            yield answered

    def _work(self) -> None:
        stand_in_at_s = 0.0
        while not self._stopping.is_set():
            try:
                self._look()
                if time.monotonic() >= stand_in_at_s:
                    stand_in_at_s = time.monotonic() + self._lost_s / 3
                    self._stand_in()
            except Exception as error:  # noqa: BLE001 - the thread must live; the next look finds what this one missed
                _log.error("answers were not looked for: %s", type(error).__qualname__)
            if self._waiters.wanted:
                self._stopping.wait(LOOK_EVERY_S)
            else:
                self._wanted.wait(self._lost_s / 3)
            self._wanted.clear()

    def _look(self) -> None:
        """Tell those who wait for an answer that it is there."""
        wanted = self._waiters.wanted
        if not wanted:
            return
        with self._database.read() as session:
            answered = answering.answered(session, wanted)
        for ask_id in answered:
            self._waiters.tell(ask_id)

    def _stand_in(self) -> None:
        """Answer what has been open too long while no compute service lives with the hold that stands in."""
        now = self._clock()
        with self._database.read() as session:
            if computing.serving(session, now):
                return
            late = answering.open_jobs(session, now, asked_before=now - timedelta(seconds=self._lost_s))
        for ask_id in late:
            with self._database.write() as session:
                answering.stand_in(session, ask_id, self._holder, self._clock(), cause=NOBODY)
