import hashlib
import threading
from datetime import datetime, timedelta, timezone

import pytest
import rfc8785
from sqlalchemy import select

from service.clock import system_clock
from service.db.base import Base, Recorded
from service.db.chain import NO_DIGEST, LinkRow
from service.db.engine import Database
from service.ledger.ledger import Ledger
from service.ledger.tables import APPEND_ONLY, Entry, PatientRow, RelayLeaseRow
from service.ledger.verify import verify
from tests.service.db.written import add_patient


def chain(database: Database) -> list[LinkRow]:
    with database.read() as session:
        return list(session.scalars(select(LinkRow).order_by(LinkRow.position)))


def test_every_table_that_only_grows_is_linked_and_checked() -> None:
    linked = {
        mapper.local_table.name for mapper in Base.registry.mappers if issubclass(mapper.class_, Recorded)
    }
    assert linked | {"chain", "access"} == set(APPEND_ONLY), (
        "the rows of access stand in batches, which are linked"
    )


def test_a_header_and_its_fact_are_linked_in_the_transaction_that_writes_them(database: Database) -> None:
    add_patient(database, "a")
    assert [(row.position, row.row_table, row.row_sequence) for row in chain(database)] == [
        (1, "entries", 1),
        (2, "patients", 1),
    ]


def test_a_digest_is_that_of_the_canonical_json_anybody_can_reckon(database: Database) -> None:
    add_patient(database, "a")
    with database.read() as session:
        entry = session.query(Entry).one()
    said = entry.recorded_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    row = {
        "body": '{"pseudonym":"a"}',
        "body_digest": hashlib.sha256(b'{"pseudonym":"a"}').hexdigest(),
        "id": entry.id,
        "kind": "patient",
        "occurred_at": said,
        "principal": "p",
        "recorded_at": said,
        "sequence": 1,
        "site": "a",
    }
    link = {
        "content": {"previous": NO_DIGEST, "row": row, "table": "entries"},
        "format": "titrate.Link",
        "version": 1,
    }
    assert chain(database)[0].digest == hashlib.sha256(rfc8785.dumps(link)).hexdigest()


def test_what_raises_leaves_no_link(database: Database) -> None:
    def fail_late() -> None:
        with database.write() as session:
            ledger = Ledger(session, site="a", principal="p", now=system_clock())
            ledger.append("patient", PatientRow(id=ledger.new_id(), site="a", pseudonym="x"), {})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_late()
    assert chain(database) == []


def test_what_a_savepoint_took_back_is_not_linked(database: Database) -> None:
    with database.write() as session:
        ledger = Ledger(session, site="a", principal="p", now=system_clock())
        ledger.append("patient", PatientRow(id=ledger.new_id(), site="a", pseudonym="kept"), {})
        with session.begin_nested() as savepoint:
            ledger.append("patient", PatientRow(id=ledger.new_id(), site="a", pseudonym="gone"), {})
            savepoint.rollback()
    assert len(chain(database)) == 2
    with database.engine.connect() as connection:
        assert verify(connection).findings == ()


def test_an_instant_of_another_zone_is_linked_as_it_is_kept(database: Database) -> None:
    there = timezone(timedelta(hours=2))
    with database.write() as session:
        ledger = Ledger(session, site="a", principal="p", now=datetime(2026, 11, 21, 9, tzinfo=there))
        ledger.append("patient", PatientRow(id=ledger.new_id(), site="a", pseudonym="x"), {})
    with database.engine.connect() as connection:
        assert verify(connection).findings == ()


def test_work_in_progress_is_not_linked(database: Database) -> None:
    with database.write() as session:
        session.add(RelayLeaseRow(name="n", holder="h", expires_at=system_clock()))
    assert chain(database) == []


def test_writers_at_once_make_one_chain(database: Database) -> None:
    threads = [threading.Thread(target=add_patient, args=(database, f"p{n}")) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [row.position for row in chain(database)] == list(range(1, 41))
    with database.engine.connect() as connection:
        assert verify(connection).findings == ()
