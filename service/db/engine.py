"""One database, two ways in: ``read`` and ``write``.

Writes are serialised: on SQLite by BEGIN IMMEDIATE, before which the threads of a process stand in line (see
``service.db.turns``), on PostgreSQL by one advisory lock held to the end of the transaction.
So the ledger's sequence is also the order of commits (a relay that reads past a number misses nothing), and two requests
with one idempotency key cannot run side by side. Writes are short: nothing is computed inside one.
What a write adds to the record is linked into the hash chain before it commits (see ``service.db.chain``).
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, create_engine, event, func, make_url, select, text
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError
from sqlalchemy.orm import Session

from service import metrics
from service.clock import Clock, system_clock
from service.db.chain import RecordSession, extend
from service.db.failure import first_line, kind_of
from service.db.turns import Turns
from service.errors import (
    ClockOffError,
    DatabaseBusyError,
    DatabaseNotReadyError,
    DatabaseUnreachableError,
)

WRITE_LOCK = 7417_001
MIGRATION_LOCK = 7417_002
NO_RIGHT = "42501"
"""What PostgreSQL calls a want of rights."""
_WRITES = "titrate_writes"
CONNECT_WITHIN_S = 5
CLOCKS_DIFFER = timedelta(seconds=60)
"""More than this behind the newest entry, or off the database's own clock, and no new time is to be trusted."""
_log = logging.getLogger(__name__)


class Database:
    """The engine and its two kinds of session."""

    def __init__(
        self, url: str, *, busy_timeout_s: float = 20.0, machine_clock: Clock = system_clock
    ) -> None:
        """Connect lazily.

        Args:
            url: SQLAlchemy address; ``sqlite:///path`` or ``postgresql://...`` (driver psycopg).
            busy_timeout_s: How long a write waits for the one before it.
            machine_clock: Of this machine; on PostgreSQL nothing is written where the server's differs.
        """
        self._machine_clock = machine_clock
        self.engine = _engine(url, busy_timeout_s)
        self._busy_timeout_s = busy_timeout_s
        self._turns = Turns() if self.engine.dialect.name == "sqlite" else None
        self._writing = self.engine.execution_options(**{_WRITES: True})

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Give a session that commits nothing."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Give a connection that sees one state of the database throughout, while others write."""
        level = {} if self.engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
        with self.engine.connect().execution_options(**level) as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Give a session whose work commits as a whole when the block ends, or not at all when it raises."""
        with (
            RecordSession(self._writing, expire_on_commit=False) as session,
            _timed() as begun,
            self._in_line(),
            session.begin(),
        ):
            try:  # wait for our turn now, so that the clock is read after the write before us
                session.connection()
            except OperationalError as error:
                _log.warning("a write could not begin", extra={"error": kind_of(error)})
                raise _busy() from error
            begun()
            self._check_clock(session)
            yield session
            extend(session)

    def _check_clock(self, session: Session) -> None:
        """Refuse to write down a wrong time, whoever sends requests here: not every proxy asks whether we are ready.

        One entry dated ahead would also make every other process look late, and so not ready, until that time.
        """
        if self._turns is not None:
            return  # SQLite has no clock but ours
        theirs = session.scalar(select(func.clock_timestamp()))
        assert isinstance(theirs, datetime)  # noqa: S101 - what PostgreSQL calls a timestamp
        if abs(self._machine_clock() - theirs.astimezone(UTC)) > CLOCKS_DIFFER:
            _log.error("nothing is written while our clock is not the database's")
            raise ClockOffError(
                "clock",
                "of this machine is not the database's",
                limit=f"{CLOCKS_DIFFER.seconds} s",
                remedy="Mend its time service; repeat the request with the same Idempotency-Key.",
            )

    @contextmanager
    def _in_line(self) -> Iterator[None]:
        with ExitStack() as held:
            if self._turns is not None:
                try:
                    held.enter_context(self._turns.turn(self._busy_timeout_s))
                except TimeoutError as error:
                    raise _busy() from error
            yield

    def migrate(self) -> None:
        """Bring the schema to this release, once, also when several processes start together.

        Where it is there already nothing is locked: a process that starts holds up no write of the others.

        Raises:
            DatabaseNotReadyError: If the role may not: it is not the owner's.
            DatabaseUnreachableError: If it does not answer, or refuses us.
        """
        if self._file is not None:
            self._file.parent.mkdir(parents=True, exist_ok=True)
        if self._schema() == _heads():
            return
        try:
            self._upgrade()
        except ProgrammingError as error:
            if getattr(error.orig, "sqlstate", None) != NO_RIGHT:
                raise
            raise self._other_schema() from error

    def _upgrade(self) -> None:
        with self.engine.execution_options(**{_WRITES: True}).connect() as connection, connection.begin():
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
            command.upgrade(_alembic(connection), "head")

    def check(self) -> None:
        """Hold the database against this release; where there is none, none is made.

        Raises:
            DatabaseNotReadyError: If there is no ledger, or its schema is not the one this release writes.
            DatabaseUnreachableError: If it does not answer, or refuses us.
        """
        found = self._schema()
        if not found:
            raise DatabaseNotReadyError(
                f"ledger {self._address}",
                "is not there",
                remedy="Set TITRATE_DATA_FOLDER or TITRATE_DATABASE, or start the service once.",
            )
        if found != _heads():
            raise self._other_schema()

    def _other_schema(self) -> DatabaseNotReadyError:
        embedded = self._file is not None
        return DatabaseNotReadyError(
            "database",
            "has another schema than this release writes",
            # the role of the service may add rows and change no table
            remedy="Start the service once."
            if embedded
            else "As the owner: titrate ledger grant --role NAME.",
        )

    def _schema(self) -> frozenset[str]:
        """Return what the database was migrated to; empty where it never was, and a look makes no file."""
        if self._file is not None and not self._file.exists():
            return frozenset()
        try:
            with self.engine.connect() as connection:
                return frozenset(MigrationContext.configure(connection).get_current_heads())
        except DBAPIError as error:
            raise DatabaseUnreachableError(
                f"database {self._address}",
                f"cannot be reached: {first_line(error)}",
                remedy="Check TITRATE_DATABASE, and that its server runs.",
            ) from error

    @property
    def _address(self) -> str:
        """Where it is, to be told; without a password, and without options, which may hold one."""
        return str(self._file or self.engine.url.set(query={}).render_as_string())

    @property
    def _file(self) -> Path | None:
        """Where an embedded ledger lies; None on PostgreSQL."""
        address = self.engine.url
        embedded = address.get_backend_name() == "sqlite" and address.database
        return Path(embedded).resolve() if embedded else None

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


@cache
def _heads() -> frozenset[str]:
    """Read once which schema this release writes: every question of readiness asks."""
    return frozenset(ScriptDirectory.from_config(_alembic(None)).get_heads())


def _busy() -> DatabaseBusyError:
    return DatabaseBusyError(
        "database",
        "did not let a write begin in time",
        remedy="Repeat the request with the same Idempotency-Key.",
    )


@contextmanager
def _timed() -> Iterator[Callable[[], None]]:
    """Tell the dials how long a turn of writing was waited for and held; the block calls what it is given when it has it."""
    marks = [time.perf_counter()]
    try:
        yield lambda: marks.append(time.perf_counter())
    finally:
        marks.append(time.perf_counter())
        for part, began, ended in zip(("waited", "held"), marks, marks[1:], strict=False):
            metrics.WRITE_SECONDS.labels(part).observe(ended - began)


def _engine(url: str, busy_timeout_s: float) -> Engine:
    address = make_url(url)
    if address.drivername == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
    engine = create_engine(
        address,
        pool_size=20,
        max_overflow=30,
        pool_pre_ping=True,
        hide_parameters=True,  # an error that is shown after all must not say what was to be written
        connect_args=_gives_up(address, busy_timeout_s),
    )
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine, busy_timeout_s)
    else:
        _prepare_postgresql(engine, busy_timeout_s)
    return engine


def _gives_up(address: URL, busy_timeout_s: float) -> dict[str, int]:
    """Return when a connection to PostgreSQL counts as dead.

    A machine that is gone closes nothing: without bounds a process would wait for it for a quarter of an hour, with every
    request behind it, while another server has long taken its address. What the address itself states holds.
    """
    if address.get_backend_name() != "postgresql":
        return {}
    bounds = {
        "connect_timeout": CONNECT_WITHIN_S,
        "tcp_user_timeout": int(busy_timeout_s * 1000),  # nothing we sent was acknowledged
        "keepalives_idle": max(1, int(busy_timeout_s / 2)),  # nothing came while we wait for an answer
        "keepalives_interval": max(1, int(busy_timeout_s / 8)),
        "keepalives_count": 4,
    }
    return {name: bound for name, bound in bounds.items() if name not in address.query}


def _prepare_sqlite(engine: Engine, busy_timeout_s: float) -> None:
    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, else DDL would commit by itself
        connection.execute(f"PRAGMA busy_timeout = {int(busy_timeout_s * 1000)}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(_WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _prepare_postgresql(engine: Engine, busy_timeout_s: float) -> None:
    # a writer that hangs in its turn loses it before those who wait give up: all the others would hang with it
    wait_ms, idle_ms = int(busy_timeout_s * 1000), int(busy_timeout_s * 500)
    limits = (
        f"SELECT set_config('lock_timeout', '{wait_ms}', true), "
        f"set_config('idle_in_transaction_session_timeout', '{idle_ms}', true)"
    )

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if connection.get_execution_options().get(_WRITES, False):
            connection.exec_driver_sql(limits)
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITE_LOCK})")


def _alembic(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config
