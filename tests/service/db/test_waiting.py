import threading
from pathlib import Path

from service.db.engine import Database
from service.db.waiting import wait_for_schema
from tests.service.postgresql import free_port


def test_it_waits_for_whoever_makes_the_schema_or_until_told_to_stop(tmp_path: Path) -> None:
    database, stop = Database(f"sqlite:///{tmp_path / 'ledger.sqlite'}"), threading.Event()
    found: list[bool] = []
    waiting = threading.Thread(target=lambda: found.append(wait_for_schema(database, stop)))
    waiting.start()
    waiting.join(0.2)
    assert waiting.is_alive()
    stop.set()
    waiting.join(10)
    assert found == [False]
    database.migrate()
    assert wait_for_schema(database, threading.Event())
    database.close()


def test_it_waits_for_a_server_that_is_not_up_yet() -> None:
    database, stop = Database(f"postgresql://titrate@127.0.0.1:{free_port()}/titrate"), threading.Event()
    found: list[bool] = []
    waiting = threading.Thread(target=lambda: found.append(wait_for_schema(database, stop)))
    waiting.start()
    waiting.join(1.0)
    assert waiting.is_alive()
    stop.set()
    waiting.join(10)
    assert found == [False]
    database.close()
