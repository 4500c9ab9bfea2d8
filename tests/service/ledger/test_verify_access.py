from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, text

from service.audit.access import AccessLine, write_batch
from service.db.engine import Database
from service.ledger.verify import Tampering, verify
from service.ledger.verify_access import access_findings

AT = datetime(2026, 11, 21, 9, tzinfo=UTC)


def line(n: int) -> AccessLine:
    return AccessLine(
        at=AT + timedelta(microseconds=n),
        site="north",
        principal=f"dr-{n}",
        credential="key:0",
        method="GET",
        route="/v1/patients",
        request_id=str(n),
        status=200,
    )


@pytest.fixture
def database(database: Database) -> Database:
    for first in (0, 3, 6):
        with database.write() as session:
            write_batch(session, [line(n) for n in range(first, first + 3)])
    return database


@contextmanager
def unlocked(database: Database) -> Iterator[Connection]:
    """Give a connection of somebody with every right; nothing of it is kept."""
    with database.engine.connect() as connection:
        transaction = connection.begin()
        for table in ("access", "access_batches"):
            for verb in ("update", "delete"):
                connection.execute(text(f"DROP TRIGGER {table}_no_{verb}"))
        yield connection
        transaction.rollback()


def findings(database: Database, *statements: str) -> set[Tampering]:
    with unlocked(database) as connection:
        for statement in statements:
            connection.execute(text(statement))
        return {found.tampering for found in access_findings(connection)}


def test_what_was_written_verifies(database: Database) -> None:
    assert findings(database) == set()


COPY = "INSERT INTO access SELECT 10, {batch}, at, site, principal, credential, method, route, request_id, status FROM access WHERE sequence = 5"
SWAP = [
    "UPDATE access SET sequence = -4 WHERE sequence = 4",
    "UPDATE access SET sequence = 4 WHERE sequence = 5",
    "UPDATE access SET sequence = 5 WHERE sequence = -4",
]


@pytest.mark.parametrize(
    ("statements", "found"),
    [
        *[
            ([f"UPDATE access SET {column} = {value} WHERE sequence = 5"], Tampering.EDITED)
            for column, value in {
                "at": "'2026-11-21 09:00:00.000009'",
                "site": "'south'",
                "principal": "'nobody'",
                "credential": "'key:1'",
                "method": "'POST'",
                "route": "'/v1/devices'",
                "request_id": "'x'",
                "status": "403",
            }.items()
        ],
        (["DELETE FROM access WHERE sequence = 5"], Tampering.DELETED),
        (["DELETE FROM access WHERE sequence > 6"], Tampering.DELETED),
        ([COPY.format(batch=3)], Tampering.INSERTED),
        ([COPY.format(batch=4)], Tampering.INSERTED),
        (SWAP, Tampering.EDITED),
    ],
)
def test_every_tampering_with_a_row_is_found(
    statements: list[str], found: Tampering, database: Database
) -> None:
    assert findings(database, *statements) == {found}


def test_a_batch_made_to_fit_the_tampering_is_found_by_the_chain(database: Database) -> None:
    with unlocked(database) as connection:
        connection.execute(text("DELETE FROM access WHERE batch = 3"))
        connection.execute(text("DELETE FROM access_batches WHERE sequence = 3"))
        assert list(access_findings(connection)) == []
        assert {found.tampering for found in verify(connection).findings} == {Tampering.DELETED}
