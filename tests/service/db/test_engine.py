import sqlite3
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

import service.audit.tables
import service.auth.tables
from service.clock import system_clock
from service.db import engine
from service.db.base import Base
from service.db.engine import Database
from service.errors import ClockOffError, DatabaseBusyError, DatabaseNotReadyError, DatabaseUnreachableError
from service.ledger.ledger import Ledger
from service.ledger.tables import APPEND_ONLY, Entry, PatientRow
from service.serving import listen
from tests.service.db.written import add_patient
from tests.service.postgresql import Cluster, free_port


def test_migrations_and_tables_say_the_same(database: Database) -> None:
    assert service.audit.tables
    assert service.auth.tables
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, Base.metadata) == []


def test_sqlite_is_durable_and_holds_references(database: Database) -> None:
    with database.engine.connect() as connection:
        found = [
            connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert found == ["wal", 2, 1]


def test_several_starts_at_once_migrate_once(tmp_path: Path) -> None:
    failures: list[BaseException] = []

    def start() -> None:
        try:
            own = Database(f"sqlite:///{tmp_path}/one.sqlite")
            own.migrate()
            own.check()
            own.close()
        except BaseException as error:  # noqa: BLE001 - shown below
            failures.append(error)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_the_folder_of_a_file_is_made(tmp_path: Path) -> None:
    deep = Database(f"sqlite:///{tmp_path}/not/yet/ledger.sqlite")
    deep.migrate()
    deep.close()
    assert (tmp_path / "not" / "yet" / "ledger.sqlite").is_file()


def test_a_look_for_a_ledger_that_is_not_there_makes_none(tmp_path: Path) -> None:
    absent = Database(f"sqlite:///{tmp_path}/not/ledger.sqlite")
    with pytest.raises(DatabaseNotReadyError, match=r"not/ledger\.sqlite: is not there"):
        absent.check()
    assert list(tmp_path.iterdir()) == []


def test_a_postgresql_without_our_tables_is_no_ledger_and_its_password_stays_unsaid(cluster: Cluster) -> None:
    empty = Database(cluster.database("empty"))
    empty.engine.url = empty.engine.url.set(password="hunter2")
    with pytest.raises(DatabaseNotReadyError, match="/empty: is not there") as refused:
        empty.check()
    empty.close()
    assert "hunter2" not in str(refused.value)


def test_a_server_that_does_not_answer_is_named_and_its_password_stays_unsaid() -> None:
    absent = Database(f"postgresql://titrate:hunter2@127.0.0.1:{free_port()}/titrate")
    for look in (absent.check, absent.migrate):
        with pytest.raises(
            DatabaseUnreachableError, match=r"/titrate: cannot be reached: .*refused"
        ) as refused:
            look()
        assert "hunter2" not in str(refused.value)
    absent.close()


def test_a_server_that_takes_the_call_and_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "CONNECT_WITHIN_S", 2)
    with listen("127.0.0.1", 0) as mute:
        silent = Database(f"postgresql://titrate@127.0.0.1:{mute.getsockname()[1]}/titrate")
        began = time.monotonic()
        with pytest.raises(DatabaseUnreachableError, match="timeout"):
            silent.check()
        assert time.monotonic() - began < 10
        silent.close()


def test_a_machine_that_is_gone_is_noticed_and_what_the_address_states_holds(cluster: Cluster) -> None:
    address = cluster.database("bounded") + "?keepalives_idle=77"
    bounded = Database(address, busy_timeout_s=20)
    with bounded.engine.connect() as connection:
        said = connection.connection.dbapi_connection.info.get_parameters()
    bounded.close()
    names = ("connect_timeout", "tcp_user_timeout", "keepalives_idle", "keepalives_interval")
    assert [said[name] for name in names] == ["5", "20000", "77", "2"]


def test_an_option_nobody_knows_is_said_and_options_are_not(cluster: Cluster) -> None:
    odd = Database(cluster.url() + "?sslpasswort=hunter2")
    with pytest.raises(DatabaseUnreachableError, match='invalid connection option "sslpasswort"') as refused:
        odd.check()
    odd.close()
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("off", [-timedelta(hours=2), timedelta(hours=2)])
def test_where_the_clocks_differ_nothing_is_written_and_nobody_else_looks_late(
    off: timedelta, cluster: Cluster
) -> None:
    address = cluster.database(f"clocks_{'ahead' if off > timedelta(0) else 'behind'}")
    right, wrong = Database(address), Database(address, machine_clock=lambda: system_clock() + off)
    right.migrate()
    with pytest.raises(ClockOffError, match="is not the database's"):
        add_patient(wrong, "P-1")
    add_patient(right, "P-2")
    with right.read() as session:
        assert session.scalars(select(PatientRow.pseudonym)).all() == ["P-2"]
    right.close()
    wrong.close()


def test_a_role_that_may_not_migrate_is_told_who_does(cluster: Cluster) -> None:
    cluster.database("not_yet_migrated")
    cluster.execute("CREATE ROLE only_serves LOGIN")
    serves = Database(cluster.url("not_yet_migrated", user="only_serves"))
    with pytest.raises(DatabaseNotReadyError, match="As the owner: titrate ledger grant"):
        serves.migrate()
    serves.close()


def test_an_error_of_the_database_does_not_say_what_was_to_be_written(database: Database) -> None:
    with pytest.raises(DBAPIError) as refused, database.engine.begin() as connection:
        connection.execute(text("INSERT INTO nowhere VALUES (:value)"), {"value": "Zwiebelfisch"})
    assert "Zwiebelfisch" not in str(refused.value)


def test_a_file_that_is_no_database_is_said_to_be_unreachable(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").mkdir()
    folder = Database(f"sqlite:///{tmp_path}/ledger.sqlite")
    with pytest.raises(DatabaseUnreachableError, match=r"ledger\.sqlite: cannot be reached: unable to open"):
        folder.check()
    folder.close()


def test_a_start_on_a_database_of_this_release_waits_for_no_write(tmp_path: Path) -> None:
    running, starting = (Database(f"sqlite:///{tmp_path}/one.sqlite", busy_timeout_s=0.1) for _ in range(2))
    running.migrate()
    with running.write():
        starting.migrate()
    running.close()
    starting.close()


def test_a_database_without_the_schema_is_not_ready(tmp_path: Path) -> None:
    bare = Database(f"sqlite:///{tmp_path}/bare.sqlite")
    with pytest.raises(DatabaseNotReadyError):
        bare.check()
    bare.close()


def test_every_table_of_the_record_has_its_triggers(database: Database) -> None:
    with database.engine.connect() as connection:
        found = set(connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")))
    assert found == {f"{table}_no_{verb}" for table in APPEND_ONLY for verb in ("update", "delete")}


@pytest.mark.parametrize(
    "statement", ["UPDATE patients SET pseudonym = 'b'", "DELETE FROM patients", "DELETE FROM entries"]
)
def test_a_fact_cannot_be_changed(statement: str, database: Database, tmp_path: Path) -> None:
    add_patient(database, "a")
    with pytest.raises(DBAPIError, match="append-only"), database.write() as session:
        session.execute(text(statement))
    with (
        sqlite3.connect(tmp_path / "ledger.sqlite") as by_hand,
        pytest.raises(sqlite3.DatabaseError, match="append-only"),
    ):
        by_hand.execute(statement)
    by_hand.close()


def test_what_raises_leaves_nothing(database: Database) -> None:
    def fail_late() -> None:
        with database.write() as session:
            ledger = Ledger(session, site="a", principal="p", now=system_clock())
            ledger.append("patient", PatientRow(id=ledger.new_id(), site="a", pseudonym="x"), {})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_late()
    with database.read() as session:
        assert session.query(Entry).count() == 0


def test_a_write_that_cannot_begin_says_so_and_leaves_the_first_alone(
    database: Database, tmp_path: Path
) -> None:
    impatient = Database(f"sqlite:///{tmp_path}/ledger.sqlite", busy_timeout_s=0.05)
    with database.write() as session:
        ledger = Ledger(session, site="a", principal="p", now=system_clock())
        with pytest.raises(DatabaseBusyError, match="same Idempotency-Key"):
            add_patient(impatient, "b")
        ledger.append("patient", PatientRow(id=ledger.new_id(), site="a", pseudonym="a"), {})
    add_patient(impatient, "b")
    impatient.close()
    with database.read() as session:
        assert [row.pseudonym for row in session.query(PatientRow).order_by(PatientRow.sequence)] == [
            "a",
            "b",
        ]


def test_writers_take_turns_and_none_is_lost(database: Database) -> None:
    threads = [threading.Thread(target=add_patient, args=(database, f"p{n}")) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as session:
        assert [row.sequence for row in session.query(Entry).order_by(Entry.sequence)] == list(range(1, 21))


@pytest.mark.postgres
def test_a_writer_that_hangs_in_its_turn_loses_it_to_those_who_wait(cluster: Cluster) -> None:
    """As a stopped process does, or a machine that lost its network: nothing of its write is kept."""
    address = cluster.database("hanging")
    hanging, waiting = (Database(address, busy_timeout_s=4.0) for _ in range(2))
    hanging.migrate()

    def hang() -> None:
        with hanging.write() as session:
            session.execute(text("INSERT INTO relay_leases VALUES ('relay', 'lost', now())"))
            add_patient(waiting, "kept")  # while the first still has the turn

    with pytest.raises(DBAPIError):
        hang()
    with waiting.read() as session:
        assert [row.pseudonym for row in session.query(PatientRow)] == ["kept"]
        assert session.scalar(text("SELECT count(*) FROM relay_leases")) == 0
    for database in (hanging, waiting):
        database.close()
