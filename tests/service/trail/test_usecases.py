"""What of the two trails a caller of one site is given, from a real SQLite file."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from service.audit.tables import AccessRow, AuditRow
from service.ledger.ledger import Ledger
from service.trail.schemas import LineView, Of
from service.trail.usecases import TABLES, lines
from tests.service.new_ledger import new_ledger

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
COMMON = {"credential": "key:0", "method": "GET", "route": "/v1/patients", "status": 200}
WHO = ["ann", "ben", "ann", "ann"]
EVERYTHING: dict[str, Any] = {"principal": None, "since": None, "after": 0, "limit": 100}
Read = Callable[..., list[LineView]]


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Read]:
    """Give a reader of site north; each trail has four lines there, one a minute, and one elsewhere and nowhere."""
    database = new_ledger(tmp_path_factory.mktemp("trail"))
    with database.write() as session:
        for number, name in enumerate(WHO, 1):
            at = NOON + timedelta(minutes=number)
            line = {**COMMON, "at": at, "principal": name, "request_id": f"r-{number}", "site": "north"}
            session.add(AuditRow(**line))
            session.add(AccessRow(**line, sequence=10 + number, batch=1))
        for number, site in enumerate(("south", ""), 5):
            line = {**COMMON, "at": NOON, "principal": "ann", "request_id": "elsewhere", "site": site}
            session.add(AuditRow(**line))
            session.add(AccessRow(**line, sequence=10 + number, batch=1))

    def found(of: Of, **asked: Any) -> list[LineView]:
        with database.read() as session:
            ledger = Ledger(session, site="north", principal="eve", now=NOON)
            return lines(ledger, of, **(EVERYTHING | asked))

    yield found
    database.close()


def ids(found: list[LineView]) -> list[str]:
    return [line.request_id for line in found]


def test_each_trail_is_read_from_its_own_table() -> None:
    assert {Of.WRITES: AuditRow, Of.ACCESS: AccessRow} == TABLES


@pytest.mark.parametrize("of", list(Of))
def test_the_lines_of_one_site_come_the_earliest_first(of: Of, read: Read) -> None:
    assert ids(read(of)) == ["r-1", "r-2", "r-3", "r-4"]


@pytest.mark.parametrize("of", list(Of))
def test_each_wish_narrows_the_lines(of: Of, read: Read) -> None:
    assert ids(read(of, principal="ann")) == ["r-1", "r-3", "r-4"]
    assert ids(read(of, since=NOON + timedelta(minutes=3))) == ["r-3", "r-4"]
    assert ids(read(of, limit=2)) == ["r-1", "r-2"]
    assert ids(read(of, principal="ann", after=read(of)[0].sequence, limit=1)) == ["r-3"]
