"""What somebody with every right over the database can do to the record. Each act is undone by rolling back."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Boolean, Connection, DateTime, inspect, text

from service.db.engine import Database

Row = dict[str, Any]


@contextmanager
def unlocked(database: Database) -> Iterator[Connection]:
    """Give a connection that no trigger and no foreign key hinders; nothing of it is kept."""
    with database.engine.connect() as connection:
        transaction = connection.begin()
        if connection.dialect.name == "sqlite":
            connection.execute(text("PRAGMA defer_foreign_keys = ON"))
            for name in list(
                connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
            ):
                connection.execute(text(f"DROP TRIGGER {name}"))
        else:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        try:
            yield connection
        finally:
            transaction.rollback()


@contextmanager
def undone(connection: Connection) -> Iterator[None]:
    savepoint = connection.begin_nested()
    try:
        yield
    finally:
        savepoint.rollback()


def sequences(connection: Connection, table: str, column: str = "sequence") -> list[int]:
    return list(connection.scalars(text(f"SELECT {column} FROM {table} ORDER BY 1")))


def columns(connection: Connection, table: str) -> dict[str, Any]:
    return {column["name"]: column["type"] for column in inspect(connection).get_columns(table)}


def nullable(connection: Connection, table: str) -> set[str]:
    return {column["name"] for column in inspect(connection).get_columns(table) if column["nullable"]}


def row_of(connection: Connection, table: str, sequence: int) -> Row:
    query = text(f"SELECT * FROM {table} WHERE sequence = :sequence")
    return dict(connection.execute(query, {"sequence": sequence}).mappings().one())


def other(value: Any, kind: Any) -> Any:
    """Return another value that the column can hold."""
    if value is None:
        return (
            "2026-01-01 00:00:00.000000" if isinstance(kind, DateTime) else 0 if not has_text(kind) else "x"
        )
    if isinstance(kind, Boolean):
        return not value
    if isinstance(value, datetime):
        return value + timedelta(microseconds=1)
    if isinstance(kind, DateTime):  # SQLite keeps text
        return value[:-1] + ("1" if value[-1] == "0" else "0")
    return value + 1 if isinstance(value, int | float) else "x" + value[1:]


def has_text(kind: Any) -> bool:
    return hasattr(kind, "length")


def set_value(connection: Connection, table: str, sequence: int, column: str, value: Any) -> None:
    statement = text(f"UPDATE {table} SET {column} = :value WHERE sequence = :sequence")
    connection.execute(statement, {"value": value, "sequence": sequence})


def delete(connection: Connection, table: str, sequence: int) -> None:
    connection.execute(text(f"DELETE FROM {table} WHERE sequence = :sequence"), {"sequence": sequence})


def insert_copy(connection: Connection, table: str, sequence: int) -> int:
    """Insert a row like one that is there, under the next number."""
    row = row_of(connection, table, sequence)
    row["sequence"] = sequences(connection, table)[-1] + 1
    for name in row.keys() & {
        "id",
        "proposal_id",
        "ask_id",
        "course_id",
        "pseudonym",
        "problem_id",
        "stop_id",
        "request_id",
    }:
        row[name] = None if row[name] is None else "f" + row[name][1:]
    names = ", ".join(row)
    binds = ", ".join(f":{name}" for name in row)
    connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({binds})"), row)
    return int(row["sequence"])


def swap(connection: Connection, table: str, one: int, two: int, column: str = "sequence") -> None:
    """Let two rows change their numbers."""
    statement = text(f"UPDATE {table} SET {column} = :new WHERE {column} = :old")
    for old, new in ((one, -1), (two, one), (-1, two)):
        connection.execute(statement, {"old": old, "new": new})


def cut(connection: Connection, links: int) -> None:
    """Cut off everything from the end: rows and their links."""
    last = text("SELECT position, row_table, row_sequence FROM chain ORDER BY position DESC LIMIT :links")
    for position, table, sequence in connection.execute(last, {"links": links}).all():
        delete(connection, table, sequence)
        connection.execute(text("DELETE FROM chain WHERE position = :position"), {"position": position})
