import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from service.db.engine import Database
from service.db.failure import first_line, kind_of
from tests.service.postgresql import Cluster


def test_a_full_disk_is_told_from_other_failures(database: Database) -> None:
    with database.engine.connect() as connection:
        connection.execute(text("CREATE TABLE more (content blob)"))
        connection.execute(text("PRAGMA max_page_count = 1"))
        with pytest.raises(DBAPIError) as full:
            connection.execute(text("INSERT INTO more VALUES (zeroblob(1000000))"))
    assert kind_of(full.value) == "OperationalError SQLITE_FULL"
    assert first_line(full.value) == "database or disk is full"


def test_of_a_row_that_postgresql_quotes_nothing_is_said(cluster: Cluster) -> None:
    database = Database(cluster.database("quoting"))
    with database.engine.begin() as connection:
        connection.execute(text("CREATE TABLE told (name text CHECK (name = 'x'))"))
        with pytest.raises(DBAPIError) as refused:
            connection.execute(text("INSERT INTO told VALUES (:name)"), {"name": "Zwiebelfisch"})
    database.close()
    assert "Zwiebelfisch" in str(refused.value.orig)
    assert kind_of(refused.value) == "IntegrityError 23514"
    assert "Zwiebelfisch" not in first_line(refused.value)
