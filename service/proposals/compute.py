"""Answer asks in processes of their own, kept warm, replaced when they die or hang. Loads no torch itself.

The web process writes a job row and says so here; a thread per compute process claims the row, sends canonical JSON over a
socket pair, and stores what comes back. A job that was claimed by a service that died is found by looking now and then;
drafts, and proposals past their time, are looked after while nobody asks.
"""

import json
import logging
import os
import queue
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from datetime import timedelta
from typing import Any

from service import metrics
from service.clock import Clock
from service.db.engine import Database
from service.ledger import computing, drafts, optimizer_version
from service.proposals import answering, sweeping
from service.proposals.frames import receive, send
from service.proposals.waiters import Waiters

_log = logging.getLogger(__name__)
ATTEMPTS = 2
"""How often a job is tried before the fallback answers."""
WARM_WITHIN_S = 180.0
"""Loading the models on a busy machine takes a while; later answers are held to the configured time."""
LOOK_EVERY_S = 1.0
RESTART_AFTER_S = 1.0
SWEEP_EVERY_S = 30.0
STOP_WITHIN_S = 30.0


class ComputeProcess:
    """One process and our end of the line to it."""

    def __init__(self, timeout_s: float) -> None:
        """Start it; :meth:`wait_until_warm` comes first.

        Args:
            timeout_s: After this long without an answer it is taken for hung.

        Raises:
            OSError: If the machine gives no process or no line to it.
        """
        self.is_warm = False
        ours, theirs = socket.socketpair()
        environment = os.environ | {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
        command = [sys.executable, "-m", "service.proposals.compute_process", str(theirs.fileno())]
        self._link = ours
        self._timeout_s = timeout_s
        with theirs:
            try:
                self._process = subprocess.Popen(
                    command,
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    start_new_session=True,  # an interrupt at the terminal is ours to handle
                    env=environment,
                )
            except OSError:
                ours.close()
                raise

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def wait_until_warm(self) -> bool:
        """Return whether it came up, with the optimiser that asks of this process are put on record under."""
        self._link.settimeout(WARM_WITHIN_S)
        try:
            loaded = receive(self._link)
            self._link.settimeout(self._timeout_s)
        except OSError:
            return False
        self.is_warm = loaded == optimizer_version.installed().encode()
        if loaded and not self.is_warm:
            _log.critical(
                "the installed optimiser is not the one this process began with; restart the service"
            )
        return self.is_warm

    def ask(self, request: bytes) -> dict[str, Any] | None:
        """Return its answer; None where it died or hung."""
        try:
            send(self._link, request)
            reply = receive(self._link)
        except OSError:  # TimeoutError is one
            return None
        return None if reply is None else json.loads(reply)

    def end(self) -> None:
        """End it now; a thread that waits for its answer learns that there is none."""
        with suppress(OSError):
            self._link.shutdown(socket.SHUT_RDWR)
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """Give back our end of the line; only its own thread may."""
        self._link.close()


class ComputeService:
    """The compute processes of one web process, or of one `titrate compute`."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        processes: int,
        timeout_s: float,
        lost_s: float,
        draft_after_s: float,
    ) -> None:
        """Describe the service; :meth:`start` begins.

        Args:
            database: The record.
            clock: What time it is.
            processes: How many compute processes.
            timeout_s: After this long a process is taken for hung.
            lost_s: After this long in silence the whole service is taken for lost, and another takes over its work.
            draft_after_s: How long after a course's last report its draft is computed.
        """
        self.look_every_s = LOOK_EVERY_S
        """How often job rows of other processes are looked for while nobody asks here."""
        self._lease = timedelta(seconds=lost_s)
        self._lost_s = lost_s
        self._working: set[str] = set()
        self._beat_now = threading.Event()
        self._database = database
        self._clock = clock
        self._timeout_s = timeout_s
        self._settle = timedelta(seconds=draft_after_s)
        self._next_sweep_s = 0.0
        self._holder = uuid.uuid4().hex
        self._waiting: queue.Queue[str] = queue.Queue()
        self._waiters = Waiters()
        self._processes: dict[int, ComputeProcess] = {}
        self._stopping = threading.Event()
        self.optimizer_s: deque[float] = deque(maxlen=1000)
        """How long the latest answers took inside the optimiser."""
        self._threads = [
            threading.Thread(target=self._serve, args=(n,), daemon=True) for n in range(processes)
        ]
        self._threads.append(threading.Thread(target=self._live, name="compute-beat", daemon=True))

    @property
    def is_warm(self) -> bool:
        """Whether a process is up and has answered its first question."""
        return any(process.is_warm for process in self._processes.values())

    @property
    def pids(self) -> tuple[int, ...]:
        """Ids of the warm processes."""
        return tuple(process.pid for process in self._processes.values() if process.is_warm)

    def start(self) -> None:
        """Begin to answer, what was left open included."""
        optimizer_version.installed()  # as it is now: a compute process started after an upgrade would differ
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End the processes; what is open stays on record for the next start."""
        self._stopping.set()
        self._beat_now.set()
        for _ in self._threads:
            self._waiting.put("")  # whoever waits for work sees at once that there is none
        for process in list(self._processes.values()):
            process.end()
        for thread in self._threads:
            thread.join(timeout=STOP_WITHIN_S)

    def submit(self, ask_id: str) -> None:
        """Say that an ask is on record and waits."""
        self._waiting.put(ask_id)

    def awaiting(self, ask_id: str) -> AbstractContextManager[threading.Event]:
        """Give an event that is set when the ask is answered here."""
        return self._waiters.awaiting(ask_id)

    def _live(self) -> None:
        """Say every few seconds that this service lives, and renew the leases of what it is at work on."""
        while not self._stopping.is_set():
            try:
                with self._database.write() as session:
                    now = self._clock()
                    computing.beat(
                        session,
                        self._holder,
                        optimizer=optimizer_version.installed(),
                        warm=len(self.pids),
                        working=tuple(self._working),
                        until=now + self._lease,
                        now=now,
                    )
            except Exception as error:  # noqa: BLE001 - silent for now; whether it lives is seen from outside
                _log.error("a sign of life was not written: %s", type(error).__qualname__)
            self._beat_now.wait(self._lost_s / 3)
            self._beat_now.clear()
        with suppress(Exception), self._database.write() as session:
            computing.leave(session, self._holder)

    def _serve(self, number: int) -> None:
        while not self._stopping.is_set():
            try:
                process = ComputeProcess(self._timeout_s)
            except OSError as error:  # too many processes or files, for a while
                _log.error("a compute process was not started: %s", type(error).__qualname__)
            else:
                self._serve_with(process, number)
            if not self._stopping.wait(RESTART_AFTER_S):
                metrics.COMPUTE_RESTARTS.inc()
                _log.warning("no compute process; starting another")

    def _serve_with(self, process: ComputeProcess, number: int) -> None:
        """Answer with a process from its start to its end."""
        self._processes[number] = process
        try:
            if not self._stopping.is_set() and process.wait_until_warm():
                self._beat_now.set()
                self._answer_with(process)
        finally:
            del self._processes[number]
            process.end()
            process.close()

    def _answer_with(self, process: ComputeProcess) -> None:
        """Answer until the process fails."""
        while not self._stopping.is_set():
            for act, subject in self._next():
                self._working.add(subject)
                try:
                    lives = act(process, subject)
                except Exception as error:  # noqa: BLE001 - the thread must live; the job stays open
                    _log.error("an answer was not stored: %s", type(error).__qualname__)
                    lives = True
                finally:
                    self._working.discard(subject)
                if not lives:
                    return

    def _next(self) -> list[tuple[Callable[[ComputeProcess, str], bool], str]]:
        """Return what to do next: asks first, what nobody waits for one at a time."""
        try:
            ask_id = self._waiting.get(timeout=self.look_every_s)
            return [] if self._stopping.is_set() else [(self._answer, ask_id)]
        except queue.Empty:
            pass
        self._sweep()
        try:
            with self._database.read() as session:
                now = self._clock()
                asks = answering.open_jobs(session, now)
                if asks:
                    return [(self._answer, ask_id) for ask_id in asks]
                due = drafts.due(session, now, self._settle, most=1)
                return [(self._draft, course_id) for course_id in due]
        except Exception as error:  # noqa: BLE001 - a database that is gone for a while must not end the thread
            _log.error("jobs were not looked for: %s", type(error).__qualname__)
            self._stopping.wait(LOOK_EVERY_S)
            return []

    def _sweep(self) -> None:
        """Write down now and then what ran out; one thread of a process is enough."""
        if time.monotonic() < self._next_sweep_s:
            return
        self._next_sweep_s = time.monotonic() + SWEEP_EVERY_S
        try:
            sweeping.sweep(self._database, self._clock)
        except Exception as error:  # noqa: BLE001 - the next sweep finds it again
            _log.error("what ran out was not written: %s", type(error).__qualname__)

    def _draft(self, process: ComputeProcess, course_id: str) -> bool:
        """Compute the draft of a course; returns whether the process lives on."""
        with self._database.write() as session:
            job = drafts.claim(session, course_id, self._holder, self._clock(), self._lease)
        if job is None:
            return True
        reply = process.ask(job.request)
        decision = None if reply is None else reply.get("decision")
        with self._database.write() as session:
            ask_id = drafts.waited_for(session, job)
            drafts.finish(session, job, self._holder, decision)
            if ask_id is not None and decision is not None:
                answering.store(session, ask_id, decision, self._clock())
        if reply is not None:
            self._tell_time(reply)
        if ask_id is not None:
            self._waiters.tell(ask_id) if decision is not None else self.submit(ask_id)
        return reply is not None

    def _answer(self, process: ComputeProcess, ask_id: str) -> bool:
        """Answer one ask; returns whether the process lives on."""
        with self._database.read() as session:  # not while we hold the turn: nothing about an ask changes
            if not answering.is_open(session, ask_id, self._clock()):
                return True
            ours = answering.is_ours(session, ask_id)
            request = answering.request_of(session, ask_id)
        if not ours:  # what the record says was to answer is not what would answer here
            with self._database.write() as session:
                answering.stand_in(session, ask_id, self._holder, self._clock(), cause="optimizer_changed")
            self._waiters.tell(ask_id)
            return True
        with self._database.write() as session:
            attempts = answering.claim(session, ask_id, self._holder, self._clock(), self._lease)
        if attempts is None:
            return True
        reply = process.ask(request)
        if self._stopping.is_set() and reply is None:
            with self._database.write() as session:
                answering.release(session, ask_id)
            return False
        with self._database.write() as session:
            if reply is not None and "decision" in reply:
                self._tell_time(reply)
                answering.store(session, ask_id, reply["decision"], self._clock())
            elif reply is not None or attempts >= ATTEMPTS:
                cause = "process_failed" if reply is None else reply["error"]
                hold = answering.fallback_hold(session, ask_id)
                answering.store(session, ask_id, hold, self._clock(), fallback=cause)
            else:
                answering.release(session, ask_id)
        self._waiters.tell(ask_id)
        return reply is not None

    def _tell_time(self, reply: dict[str, Any]) -> None:
        if "optimizer_s" in reply:
            self.optimizer_s.append(reply["optimizer_s"])
            metrics.OPTIMIZER_SECONDS.observe(reply["optimizer_s"])
