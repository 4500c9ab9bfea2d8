import time
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from service.audit.access import AccessLine, AccessTrail, digest_of
from service.audit.tables import AccessBatchRow, AccessRow, AuditRow
from service.auth.principal import Role
from service.db.chain import LinkRow
from service.db.engine import Database
from service.errors import DatabaseBusyError
from tests.service.live import Server
from tests.service.new_ledger import new_ledger

LINE = AccessLine(
    at=datetime(2026, 11, 21, tzinfo=UTC),
    site="north",
    principal="dr",
    credential="key:0",
    method="GET",
    route="/v1/patients",
    request_id="r",
    status=200,
)


def lines(server: Server, site: str) -> list[tuple[str, str, str, int]]:
    with server.services.database.read() as session:
        rows = session.scalars(select(AccessRow).filter_by(site=site).order_by(AccessRow.sequence))
        return [(row.principal, row.method, row.route, row.status) for row in rows]


def test_every_request_that_took_no_effect_leaves_one_row_before_its_answer(server: Server) -> None:
    clinic = server.clinic()
    clinic.post("/patients", {"pseudonym": "A-1"}, key="k")
    replies = [
        clinic.get("/patients?pseudonym=A-1"),
        clinic.post("/patients", {"pseudonym": "A-1"}, key="k"),
        clinic.post("/patients", {"pseudonym": "A-1"}),
        clinic.post("/patients", {"pseudonym": 1}),
        clinic.get("/patients/%00"),
    ]
    expected = [
        ("GET", "/v1/patients", 200),
        ("POST", "/v1/patients", 201),
        ("POST", "/v1/patients", 409),
        ("POST", "/v1/patients", 422),
        ("GET", "/v1/patients/%00", 404),
    ]
    assert [reply.status_code for reply in replies] == [line[2] for line in expected]
    assert lines(server, clinic.site) == [("dr", *line) for line in expected]


def test_a_denied_request_is_on_the_trail_though_nothing_else_was_written(server: Server) -> None:
    auditor = server.clinic(Role.AUDITOR, principal="eve")
    assert auditor.post("/patients", {"pseudonym": "A-1"}).status_code == 403
    assert lines(server, auditor.site) == [("eve", "POST", "/v1/patients", 403)]
    with server.services.database.read() as session:
        assert session.scalars(select(AuditRow).filter_by(site=auditor.site)).all() == []


def test_who_could_not_show_who_they_are_stands_there_without_a_name(server: Server) -> None:
    with server.services.database.read() as session:
        before = session.scalar(select(func.max(AccessRow.sequence))) or 0
    reply = server.http.get("/v1/patients", headers={"Authorization": "Bearer wrong"})
    with server.services.database.read() as session:
        rows = session.scalars(
            select(AccessRow).where(AccessRow.sequence > before, AccessRow.site == "")
        ).all()
    assert reply.headers["X-Request-Id"] in {row.request_id for row in rows}
    assert {(row.status, row.principal, row.credential) for row in rows} == {(401, "", "")}


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return new_ledger(tmp_path, busy_timeout_s=0.1)


def test_many_at_once_share_batches_that_the_chain_vouches_for(database: Database) -> None:
    trail = AccessTrail(database)
    trail.start()
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: trail.add(LINE).result(10), range(200)))
    trail.stop()
    with database.read() as session:
        batches = session.scalars(select(AccessBatchRow)).all()
        rows = session.scalars(select(AccessRow).order_by(AccessRow.sequence)).all()
        linked = set(
            session.scalars(select(LinkRow.row_sequence).filter_by(row_table="access_batches")).all()
        )
    assert [row.sequence for row in rows] == list(range(1, 201))
    assert len(batches) < 200
    assert linked == {batch.sequence for batch in batches}
    for batch in batches:
        mine = [row for row in rows if row.batch == batch.sequence]
        plain = [
            {column.key: getattr(row, column.key) for column in AccessRow.__table__.columns} for row in mine
        ]
        assert (batch.n_rows, batch.digest) == (len(mine), digest_of(plain))
    database.close()


def until_it_waits_to_write(database: Database, trail: AccessTrail) -> Future[None]:
    """Add a line while somebody else writes, and return once the trail stands in line with it."""
    turns = database._turns
    assert turns is not None
    added = trail.add(LINE)
    while not turns._line:
        time.sleep(0.001)
    return added


def test_lines_that_come_while_it_waits_to_write_wait_for_no_turn_of_their_own(tmp_path: Path) -> None:
    database = new_ledger(tmp_path)
    trail = AccessTrail(database)
    trail.start()
    with database.write():
        waiting = [until_it_waits_to_write(database, trail)]
        waiting += [trail.add(LINE) for _ in range(5)]
    for done in waiting:
        done.result(10)
    trail.stop()
    with database.read() as session:
        assert session.scalars(select(AccessBatchRow.n_rows)).all() == [6]
    database.close()


def test_a_line_that_cannot_be_written_is_an_error_of_its_request_and_of_no_other(database: Database) -> None:
    trail = AccessTrail(database)
    trail.start()
    with database.write(), pytest.raises(DatabaseBusyError):
        trail.add(LINE).result(10)
    trail.add(LINE).result(10)
    trail.stop()
    database.close()


def test_a_cancelled_request_leaves_its_line_and_holds_up_no_other(database: Database) -> None:
    trail = AccessTrail(database)
    assert trail.add(LINE).cancel(), "nobody has taken it yet"
    trail.start()
    trail.add(LINE).result(10)
    trail.stop()
    with database.read() as session:
        assert len(session.scalars(select(AccessRow)).all()) == 2
    database.close()


def test_a_line_that_is_being_written_is_written_though_its_request_is_cancelled(tmp_path: Path) -> None:
    database = new_ledger(tmp_path)
    trail = AccessTrail(database)
    trail.start()
    with database.write():
        under_way = until_it_waits_to_write(database, trail)
        assert not under_way.cancel()
    under_way.result(10)
    trail.stop()
    with database.read() as session:
        assert len(session.scalars(select(AccessRow)).all()) == 1
    database.close()
