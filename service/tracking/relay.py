"""Outbox -> project -> client, one course at a time, each course in order.

The outbox says which courses have moved; a course is read whole up to one ledger sequence, shown, and only then marked. A
relay killed between any two of these steps shows the same course again, which changes nothing (see ``client``). So
delivery is at least once and what MLflow holds is exactly once.
"""

import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from service.clock import Clock, system_clock
from service.command_errors import ProjectionBusyError, TrackingUnavailableError
from service.db.engine import Database
from service.errors import DatabaseBusyError
from service.ledger import outbox
from service.ledger.outbox import Pending
from service.ledger.tables import CourseRow
from service.tracking.client import Tracking
from service.tracking.load import load
from service.tracking.project import project
from service.tracking.status import relay_name

LEASE = timedelta(seconds=15)
"""How long the projection stands still after a relay was killed; renewed before every run."""
LONGEST_PAUSE_S = 30.0

log = structlog.get_logger("titrate.relay")


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one look at the outbox came to."""

    leading: bool
    """Whether this relay holds the lease."""
    courses: int = 0
    """Courses brought up to date."""
    runs: int = 0
    """Runs written for it."""
    failed: bool = False
    """Whether a course could not be shown; it waits, and the others went on."""
    down: bool = False
    """Whether MLflow or the ledger did not answer, so that there was no going on with any course."""
    lag: int = 0
    """Ledger entries the projection does not show yet."""


class Relay:
    """One relay of one projection."""

    def __init__(
        self,
        database: Database,
        tracking: Tracking,
        *,
        namespace: str = "titrate",
        clock: Clock = system_clock,
        lease: timedelta = LEASE,
    ) -> None:
        """Prepare; nothing is read or written yet.

        Args:
            database: The ledger.
            tracking: The MLflow store.
            namespace: Head of the experiments' names; each has its own progress.
            clock: What time it is.
            lease: How long this relay may be silent before another takes over.
        """
        self.name = relay_name(namespace)
        self._database = database
        self._tracking = tracking
        self._namespace = namespace
        self._clock = clock
        self._lease = lease
        self._holder = secrets.token_hex(8)

    def turn(self) -> Turn:
        """Bring every course that moved up to date; one that fails waits, and MLflow not answering ends the turn.

        Returns:
            What was done. Not leading means that another relay is at work, which is no failure.
        """
        if not self._take(self._lease):
            return Turn(leading=False, lag=self.lag())
        with self._database.read() as session:
            due = outbox.pending(session, self.name, self._clock())
        courses = runs = 0
        failed = down = False
        for pending in due:
            try:
                runs += self._show(pending)
                courses += 1
            except ProjectionBusyError:
                return Turn(leading=False, courses=courses, runs=runs, lag=self.lag())
            except Exception as error:  # noqa: BLE001 - it is put on record, and the other courses must go on
                self._failed(pending, error)
                failed = True
                down = isinstance(error, TrackingUnavailableError)
                if down:
                    break  # likely for all; the failed course waits, so the next turn begins with another
        return Turn(leading=True, courses=courses, runs=runs, failed=failed, down=down, lag=self.lag())

    def forget(self) -> int:
        """Delete what is shown of every course and the progress, so that the next turns begin from nothing.

        Returns:
            How many runs were deleted. Killed half-way, it may be called again; the record itself is untouched.

        Raises:
            ProjectionBusyError: If another relay is at work.
            TrackingUnavailableError: If MLflow does not answer.
        """
        self._renew()
        with self._database.write() as session:
            outbox.forget_progress(session, self.name)
        deleted = 0
        for course_id in self._courses():
            self._renew()
            with self._database.read() as session:
                record = load(session, course_id, up_to=0)
            deleted += self._tracking.forget(project(record, namespace=self._namespace))
        return deleted

    def lag(self) -> int:
        """Return how many ledger entries the projection does not show yet."""
        with self._database.read() as session:
            return outbox.lag(session, self.name)

    def release(self) -> None:
        """Give the lease back, so that another relay need not wait for it to run out."""
        self._take(timedelta(0))

    def _show(self, pending: Pending) -> int:
        with self._database.read() as session:
            record = load(session, pending.course_id, up_to=pending.newest)
        shown = self._tracking.show(project(record, namespace=self._namespace), before_each=self._renew)
        self._mark(pending, pending.newest)
        return shown.runs_written

    def _mark(self, pending: Pending, sequence: int) -> None:
        with self._database.write() as session:
            outbox.record_shown(session, self.name, pending.course_id, sequence)

    def _failed(self, pending: Pending, error: Exception) -> None:
        pause = timedelta(seconds=pause_s(pending.attempts))
        code = getattr(error, "code", type(error).__name__)
        log.warning(
            "projection failed", course=pending.course_id, error=code, retry_in_s=pause.total_seconds()
        )
        with self._database.write() as session:
            outbox.record_failure(
                session, self.name, pending.course_id, error=code, next_attempt_at=self._clock() + pause
            )

    def _courses(self) -> list[str]:
        with self._database.read() as session:
            return list(session.scalars(select(CourseRow.id).order_by(CourseRow.sequence)))

    def _renew(self) -> None:
        if not self._take(self._lease):
            raise ProjectionBusyError(
                "projection", "is in the hands of another worker", remedy="Stop that worker, or wait for it."
            )

    def _take(self, span: timedelta) -> bool:
        with self._database.write() as session:
            return outbox.take_lease(session, self.name, self._holder, self._clock(), span)


def pause_s(attempts: int) -> float:
    """Return how long to wait after a failure: half a second, doubled each time, at most half a minute."""
    return min(0.5 * 2.0**attempts, LONGEST_PAUSE_S)


def run_until(relay: Relay, stopped: Callable[[float], bool], *, idle_s: float = 0.5) -> None:
    """Relay until told to stop, saying how far behind the projection is whenever that changes.

    Args:
        relay: What to run.
        stopped: Waits up to so many seconds; returns whether to stop.
        idle_s: Pause between looks at the outbox while all is well.
    """
    failures, said = 0, Turn(leading=False, lag=-1)
    while True:
        try:
            turn = relay.turn()
        except (SQLAlchemyError, DatabaseBusyError) as error:
            log.warning("ledger not reached", error=type(error).__name__)
            turn = Turn(leading=False, failed=True, down=True, lag=said.lag)
        if (turn.leading, turn.lag, turn.failed) != (said.leading, said.lag, said.failed):
            log.info("projection", leading=turn.leading, lag=turn.lag, courses=turn.courses, runs=turn.runs)
        said = turn
        failures = failures + 1 if turn.down else 0  # a course that failed has a pause of its own
        if stopped(pause_s(failures) if failures else idle_s):
            with suppress(SQLAlchemyError, DatabaseBusyError):  # then the lease runs out by itself
                relay.release()
            return
