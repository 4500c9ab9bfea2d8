"""The same service on PostgreSQL: a cluster of its own, made for the test."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from service.db.base import Base
from service.ledger.tables import APPEND_ONLY
from service.settings import Settings
from tests.service.life_cycle_story import tell
from tests.service.live import Server, serving
from tests.service.one_decision import race, without_the_write_lock

pytestmark = pytest.mark.postgres


def programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


def somebody() -> str | None:
    """initdb refuses root: name another user, or None where we are not root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in known)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def database_url() -> Iterator[str]:
    folder = programs()
    if folder is None:
        pytest.skip("no PostgreSQL server programs (initdb) on this machine")
    user = somebody()
    # short: a socket's path has a bound; and outside pytest's folder, which another user may not enter
    home = Path(tempfile.mkdtemp(prefix="titrate-pg-"))
    if user:
        shutil.chown(home, user)

    def run(program: str, *arguments: str) -> None:
        as_user = {"user": user} if user else {}
        subprocess.run(
            [str(folder / program), *arguments],
            check=True,
            capture_output=True,
            cwd=home,
            timeout=60,
            **as_user,
        )

    port = free_port()
    run("initdb", "-D", str(home / "data"), "-U", "titrate", "-A", "trust", "-E", "UTF8", "--no-sync")
    options = (
        f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={home} -c max_connections=120"
    )
    run("pg_ctl", "-D", str(home / "data"), "-w", "-l", str(home / "log"), "-o", options, "start")
    try:
        yield f"postgresql://titrate@127.0.0.1:{port}/postgres"
    finally:
        run("pg_ctl", "-D", str(home / "data"), "-m", "immediate", "stop")
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="module")
def server(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = Settings(
        data_folder=tmp_path_factory.mktemp("pg"), database=SecretStr(database_url), ask_wait_s=20.0
    )
    with serving(settings) as running:
        yield running


def test_the_service_keeps_its_promises_on_postgresql(server: Server, full_counts: bool) -> None:
    """One test, so that one cluster and one server are enough however the tests are spread."""
    tell(server.clinic())
    for _ in range(100 if full_counts else 1):
        race(server.clinic())
    without_the_write_lock(server)
    for table in APPEND_ONLY:
        the_record_only_grows(table, server)


def the_record_only_grows(table: str, server: Server) -> None:
    key = Base.metadata.tables[table].primary_key.columns.keys()[0]
    for verb in (f"UPDATE {{0}} SET {key} = {key}", "DELETE FROM {0}", "TRUNCATE {0} CASCADE"):
        with pytest.raises(DBAPIError, match="append-only"), server.services.database.write() as session:
            session.execute(text(verb.format(table)))
