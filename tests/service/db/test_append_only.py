from pathlib import Path

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from service.db.append_only import forbid_change


def test_a_table_takes_rows_and_refuses_to_change_or_lose_one(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/facts.sqlite")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE facts (name TEXT)"))
        with Operations.context(MigrationContext.configure(connection)):
            forbid_change("facts")
        connection.execute(text("INSERT INTO facts VALUES ('a')"))
    for statement in ("UPDATE facts SET name = 'b'", "DELETE FROM facts"):
        with engine.begin() as connection, pytest.raises(DBAPIError, match="facts is append-only"):
            connection.execute(text(statement))
    with engine.begin() as connection:
        assert connection.execute(text("SELECT name FROM facts")).scalars().all() == ["a"]
    engine.dispose()
