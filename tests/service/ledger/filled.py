"""A ledger with some rows in every table of the record, whichever tables there are by now."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Boolean, Column, Float, Integer, String

from service.db.base import Base, Instant, Recorded
from service.db.engine import Database
from service.ledger.ledger import Ledger
from service.ledger.tables import APPEND_ONLY, Fact, OutboxRow

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
ROWS = 4


def fill(database: Database) -> None:
    """Write some rows into every table, one transaction each, nullable columns filled in every other."""
    kinds = {mapper.local_table.name: mapper.class_ for mapper in Base.registry.mappers}
    facts = [table for table in Base.metadata.sorted_tables if issubclass(kinds[table.name], Fact)]
    trails = [
        name
        for name in APPEND_ONLY
        if issubclass(kinds[name], Recorded)
        and not issubclass(kinds[name], Fact | OutboxRow)
        and name != "entries"
    ]
    ids: dict[str, list[str]] = {}
    for number in range(ROWS):
        with database.write() as session:
            ledger = Ledger(session, site="a", principal="p", now=NOW + timedelta(seconds=number))
            for table in facts:
                fact = kinds[table.name](id=ledger.new_id(), **values(table.columns, number, ids))
                course = getattr(fact, "course_id", None) or ids.get("courses", [None])[-1]
                ledger.append(str(table.name), fact, {"number": number}, course_id=course)
                ids.setdefault(table.name, []).append(fact.id)
            for name in trails:
                session.add(kinds[name](**values(kinds[name].__table__.columns, number, ids)))


def values(columns: Any, number: int, ids: dict[str, list[str]]) -> dict[str, Any]:
    return {
        column.name: value_for(column, number, ids)
        for column in columns
        if column.name not in ("sequence", "id") and not (column.nullable and number % 2)
    }


def value_for(column: Column[Any], number: int, ids: dict[str, list[str]]) -> Any:
    for key in column.foreign_keys:
        known = ids.get(key.column.table.name, [])
        return known[-1] if known else None
    if isinstance(column.type, Instant):
        return NOW + timedelta(seconds=number, microseconds=number)
    if isinstance(column.type, Boolean):
        return bool(number % 2)
    if isinstance(column.type, Float):
        return number + 0.5
    if isinstance(column.type, Integer):
        return number
    assert isinstance(column.type, String), column
    return f"{column.name[:20]}-{number}"
