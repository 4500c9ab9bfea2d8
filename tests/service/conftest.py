"""One real server for the tests of a process; every test has a site of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.db.engine import Database
from service.settings import Settings
from tests.service.live import Clinic, Server, serving
from tests.service.new_ledger import new_ledger
from tests.service.postgresql import Cluster, programs


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """Give an empty ledger where a server on the test's own folder keeps it."""
    found = new_ledger(tmp_path)
    yield found
    found.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve an SQLite file, with a warm compute process."""
    settings = Settings(data_folder=tmp_path_factory.mktemp("titrate"), ask_wait_s=20.0)
    with serving(settings) as running:
        yield running


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """Give a PostgreSQL of this process's own; every test makes databases of its own in it."""
    folder = programs()
    if folder is None:
        pytest.skip("no PostgreSQL server programs (initdb) on this machine")
    made = Cluster(folder)
    yield made
    made.remove()


@pytest.fixture
def clinic(server: Server) -> Clinic:
    """Give a clinician of a new site."""
    return server.clinic()
