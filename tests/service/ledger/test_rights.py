"""A role that may not change the record, on a real PostgreSQL; a whole service works under one in ``test_postgresql``."""

import contextlib
from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from service.db.engine import Database
from service.errors import NotFoundError, SchemaError
from service.ledger.rights import grant
from service.ledger.tables import APPEND_ONLY
from tests.service.postgresql import Cluster

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def owner(cluster: Cluster) -> Iterator[Database]:
    found = Database(cluster.database("rights"))
    yield found
    found.close()


@pytest.fixture(scope="module")
def address(cluster: Cluster, owner: Database) -> str:
    """Give the address a service uses whose role was granted its rights by the owner."""
    cluster.execute("CREATE ROLE titrate_app LOGIN")
    grant(owner, "titrate_app")
    return cluster.url("rights", user="titrate_app")


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_the_role_can_change_no_row_and_drop_no_trigger(table: str, address: str) -> None:
    database = Database(address)
    statements = (
        f"UPDATE {table} SET {'position' if table == 'chain' else 'sequence'} = 1",
        f"DELETE FROM {table}",
        f"TRUNCATE {table}",
        f"DROP TRIGGER {table}_append_only ON {table}",
        f"ALTER TABLE {table} DISABLE TRIGGER ALL",
        f"DROP TABLE {table}",
    )
    with database.engine.connect() as connection:
        for statement in statements:
            with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
                connection.execute(text(statement))
            connection.rollback()
        with contextlib.suppress(StopIteration):
            next(iter(connection.execute(text(f"SELECT * FROM {table}"))))
    database.close()


def test_a_role_nobody_made_and_a_name_that_is_none_are_refused(owner: Database) -> None:
    with pytest.raises(NotFoundError):
        grant(owner, "nobody_made_this")
    with pytest.raises(SchemaError):
        grant(owner, "a; DROP TABLE entries")
