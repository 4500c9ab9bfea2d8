import threading
from pathlib import Path

from service.db.engine import Database
from service.db.waiting import wait_for_schema
from tests.service.postgresql import free_port


def waits_until_told(database: Database, for_s: float) -> bool:
    """Whether it still waits after a while, and gives up once told to."""
    stop, found = threading.Event(), list[bool]()
    waiting = threading.Thread(target=lambda: found.append(wait_for_schema(database, stop)))
    waiting.start()
    waiting.join(for_s)
    still = waiting.is_alive()
    stop.set()
    waiting.join(10)
    return still and found == [False]


def test_it_waits_for_whoever_makes_the_schema_or_until_told_to_stop(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    assert waits_until_told(database, 0.2)
    database.migrate()
    assert wait_for_schema(database, threading.Event())
    database.close()


def test_it_waits_for_a_server_that_is_not_up_yet() -> None:
    database = Database(f"postgresql://titrate@127.0.0.1:{free_port()}/titrate")
    assert waits_until_told(database, 1.0)
    database.close()
