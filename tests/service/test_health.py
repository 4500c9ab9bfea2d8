import asyncio
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from service.app import create_app
from service.clock import system_clock
from service.health import CLOCKS_DIFFER, READY, Look, clock_of, readiness
from service.settings import Settings
from tests.service.live import Clinic, Server


def test_readiness_names_database_migrations_clock_and_warm_compute(server: Server) -> None:
    reply = server.http.get("/readyz")
    assert (reply.status_code, reply.json()) == (200, {"status": "ready", **READY})
    assert server.http.get("/livez").json() == {"status": "alive"}


def test_a_probe_may_ask_for_the_head_alone(server: Server) -> None:
    for probe in ("/livez", "/readyz"):
        reply = server.http.head(probe)
        assert (reply.status_code, reply.content) == (200, b"")


def test_a_database_that_hangs_is_not_ready_in_time_and_takes_one_thread_however_often_it_is_asked() -> None:
    answers, threads = threading.Event(), []

    def hang() -> dict[str, str]:
        threads.append(threading.current_thread())
        answers.wait(30)
        return dict(READY)

    async def asked() -> None:
        look = Look(hang)
        began = time.monotonic()
        for _ in range(5):
            found = await look.found(0.05)
            assert found == dict.fromkeys(READY, "unknown") | {"database": "does-not-answer"}
        assert len(threads) == 1
        assert time.monotonic() - began < 5
        answers.set()
        assert await look.found(5) == READY
        assert await look.found(5) == READY

    asyncio.run(asked())


def test_not_ready_before_the_schema_is_there(tmp_path: Path) -> None:
    found = readiness(create_app(Settings(data_folder=tmp_path)).state.services)
    assert found == {
        "database": "ok",
        "migrations": "database-not-ready",
        "clock": "unknown",
        "compute": "cold",
    }


def test_not_ready_where_the_database_is_not_reached(tmp_path: Path) -> None:
    services = create_app(Settings(data_folder=tmp_path)).state.services
    (tmp_path / "ledger.sqlite").mkdir()
    found = readiness(services)
    assert (found["database"], found["migrations"]) == ("DatabaseUnreachableError", "unknown")


@pytest.mark.parametrize(
    ("behind", "said"), [(CLOCKS_DIFFER / 2, "ok"), (CLOCKS_DIFFER * 2, "behind-the-record")]
)
def test_a_clock_behind_the_newest_entry_is_not_ready(
    behind: timedelta, said: str, clinic: Clinic, server: Server
) -> None:
    clinic.course(checks=[])
    slow: Callable = lambda: system_clock() - behind  # noqa: E731 - a clock is any callable
    assert clock_of(server.services.database, slow) == said
