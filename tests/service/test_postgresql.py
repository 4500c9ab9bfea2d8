"""The same service on PostgreSQL, as a role that may not change the record: a cluster of its own, made for the test."""

from collections.abc import Iterator

import pytest
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from service.db.base import Base
from service.db.engine import Database
from service.ledger.rights import grant
from service.ledger.tables import APPEND_ONLY
from service.settings import Settings
from tests.service import amendment_story, ending_story, two_sites_story
from tests.service.life_cycle_story import tell
from tests.service.live import Server, serving
from tests.service.one_decision import race, without_the_write_lock
from tests.service.postgresql import Cluster

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def owner(cluster: Cluster) -> Iterator[Database]:
    found = Database(cluster.database("service"))
    yield found
    found.close()


@pytest.fixture(scope="module")
def server(cluster: Cluster, owner: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    cluster.execute("CREATE ROLE titrate_service LOGIN")
    grant(owner, "titrate_service")
    settings = Settings(
        data_folder=tmp_path_factory.mktemp("pg"),
        database=SecretStr(cluster.url("service", user="titrate_service")),
        ask_wait_s=20.0,
    )
    with serving(settings) as running:
        yield running


def test_the_service_keeps_its_promises_on_postgresql_under_a_role_that_may_not_change_the_record(
    server: Server, owner: Database, full_counts: bool
) -> None:
    """One test, so that one cluster and one server are enough however the tests are spread."""
    tell(server.clinic())
    amendment_story.tell(server.clinic())
    two_sites_story.tell(server.clinic())
    ending_story.tell(server.clinic())
    for _ in range(100 if full_counts else 1):
        race(server.clinic())
    without_the_write_lock(server)
    for table in APPEND_ONLY:
        the_record_only_grows(table, owner)


def the_record_only_grows(table: str, owner: Database) -> None:
    """Not even for the owner, whom rights do not hold."""
    key = Base.metadata.tables[table].primary_key.columns.keys()[0]
    for verb in (f"UPDATE {{0}} SET {key} = {key}", "DELETE FROM {0}", "TRUNCATE {0} CASCADE"):
        with pytest.raises(DBAPIError, match="append-only"), owner.write() as session:
            session.execute(text(verb.format(table)))
