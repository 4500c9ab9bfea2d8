"""The trail of what was read and who was refused: one row a request, written in batches, each batch a link of the chain.

A row is on record before its answer leaves. Requests that wait at the same time share one transaction, so that many readers
cost one turn of writing and one link.
"""

import hashlib
import queue
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import rfc8785
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from service.audit.tables import AccessBatchRow, AccessRow
from service.db.engine import Database

MOST_AT_ONCE = 500
ROUTE_LENGTH = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessLine:
    """One request that was answered, without its body, its query or its answer."""

    at: datetime
    site: str
    """Of a caller nobody knows, whose principal is empty, the site whose key or provider they showed, or empty."""
    principal: str
    credential: str
    method: str
    route: str
    request_id: str
    status: int


class AccessTrail:
    """Takes lines from many requests and writes them in turn."""

    def __init__(self, database: Database) -> None:
        """Know where to write.

        Args:
            database: The ledger's; the batches are linked into its chain.
        """
        self._database = database
        self._waiting: queue.SimpleQueue[tuple[AccessLine, Future[None]] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to write."""
        self._thread = threading.Thread(target=self._work, name="access-trail", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, and end."""
        if self._thread is not None:
            self._waiting.put(None)
            self._thread.join()
            self._thread = None

    def add(self, line: AccessLine) -> Future[None]:
        """Hand in a line; the future is done when it is on record, or carries why it could not be."""
        done: Future[None] = Future()
        self._waiting.put((line, done))
        return done

    def _work(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch = _Batch()
            batch.take(*first)
            ended = self._gather(batch)
            try:
                with self._database.write() as session:
                    # whoever came while we waited for our turn need not wait for another
                    ended = ended or self._gather(batch)
                    write_batch(session, batch.lines)
            except Exception as error:  # noqa: BLE001 - whoever waits for its line answers for it
                for done in batch.waiting:
                    done.set_exception(error)
            else:
                for done in batch.waiting:
                    done.set_result(None)
            if ended:
                return

    def _gather(self, batch: "_Batch") -> bool:
        """Add what waits by now; return whether the end was among it."""
        while len(batch.lines) < MOST_AT_ONCE and not self._waiting.empty():
            following = self._waiting.get()
            if following is None:
                return True
            batch.take(*following)
        return False


class _Batch:
    """Lines that are written together, and whom to tell."""

    def __init__(self) -> None:
        self.lines: list[AccessLine] = []
        self.waiting: list[Future[None]] = []

    def take(self, line: AccessLine, done: Future[None]) -> None:
        """Take a line over: what was answered is written, also where its request was cancelled and waits no more."""
        self.lines.append(line)
        # from here on a cancellation comes too late to change the future
        if done.set_running_or_notify_cancel():
            self.waiting.append(done)


def write_batch(session: Session, lines: Sequence[AccessLine]) -> None:
    """Write lines and the batch that vouches for them.

    Args:
        session: A writing session; writes take turns, so numbers follow each other.
        lines: At least one.
    """
    last_line, last_batch = select(func.max(AccessRow.sequence)), select(func.max(AccessBatchRow.sequence))
    last, before = session.execute(
        select(func.coalesce(last_line.scalar_subquery(), 0), func.coalesce(last_batch.scalar_subquery(), 0))
    ).one()
    batch = before + 1
    rows = [
        {**asdict(line), "route": line.route[:ROUTE_LENGTH], "sequence": last + place, "batch": batch}
        for place, line in enumerate(lines, start=1)
    ]
    session.execute(insert(AccessRow), rows)
    session.add(AccessBatchRow(sequence=batch, n_rows=len(rows), digest=digest_of(rows)))


def digest_of(rows: Sequence[dict[str, object]]) -> str:
    """Return the SHA-256 of rows in order, as canonical JSON; an instant is text in UTC with microseconds."""
    plain = [{name: _plain(value) for name, value in row.items()} for row in rows]
    return hashlib.sha256(rfc8785.dumps(plain)).hexdigest()  # type: ignore[arg-type]


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return value
