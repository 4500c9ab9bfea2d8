"""Every table, every kind of tampering, on both databases: found, and the place named."""

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Boolean, Connection, DateTime, String, text

import service.audit.tables
from service.db.chain import digest_of
from service.db.engine import Database
from service.ledger.verify import NO_DIGEST, RECORD, Finding, Mark, Tampering, _said, head, verify
from tests.service.ledger import tampering
from tests.service.ledger.filled import ROWS, fill
from tests.service.ledger.tampering import undone

assert service.audit.tables


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def ledger(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """Give a filled ledger, as somebody sees it who may do anything to it."""
    folder: Path = tmp_path_factory.mktemp("tampering")
    if request.param == "sqlite":
        address = f"sqlite:///{folder}/ledger.sqlite"
    else:
        address = request.getfixturevalue("cluster").database("tampering")
    database = Database(address)
    database.migrate()
    fill(database)
    with tampering.unlocked(database) as connection:
        yield connection
    database.close()


def found(connection: Connection, mark: Mark | None = None) -> list[tuple[Tampering, str, int | None]]:
    return [(one.tampering, one.table, one.sequence) for one in verify(connection, mark).findings]


def positions(connection: Connection, mark: Mark | None = None) -> list[tuple[Tampering, int | None]]:
    return [(one.tampering, one.position) for one in verify(connection, mark).findings]


def middle(connection: Connection, table: str) -> tuple[int, int]:
    first, second = tampering.sequences(connection, table)[1:3]
    return first, second


def test_what_nobody_touched_verifies_and_every_table_holds_rows(ledger: Connection) -> None:
    verdict = verify(ledger, head(ledger))
    assert verdict.findings == ()
    counts = {table: len(tampering.sequences(ledger, table)) for table in RECORD}
    assert min(counts.values()) >= ROWS
    assert verdict.links == sum(counts.values())


def test_pages_of_any_size_give_the_same_verdict(ledger: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = verify(ledger, head(ledger))
    monkeypatch.setattr("service.ledger.verify.AT_ONCE", 7)
    assert verify(ledger, head(ledger)) == whole


def test_a_record_with_nothing_in_it_verifies_and_stands_at_the_beginning(ledger: Connection) -> None:
    with undone(ledger):
        for table in ("chain", *RECORD):
            ledger.execute(text(f"DELETE FROM {table}"))
        verdict = verify(ledger)
        assert (verdict.links, verdict.digest, verdict.findings) == (0, NO_DIGEST, ())
        assert head(ledger) == Mark(position=0, digest=NO_DIGEST)


# Every table is tampered with at once: a check that confused one place with another would name the wrong one.


def test_an_edit_of_any_column_is_found(ledger: Connection) -> None:
    kinds = {table: tampering.columns(ledger, table) for table in RECORD}
    most = max(len(columns) for columns in kinds.values())
    for which in (0, 1):  # a row with its nullable columns filled, and one without
        for number in range(most):
            expected = []
            with undone(ledger):
                for table in RECORD:
                    name = sorted(kinds[table])[number % len(kinds[table])]
                    if name == "sequence":
                        continue
                    sequence = middle(ledger, table)[which]
                    value = tampering.row_of(ledger, table, sequence)[name]
                    tampering.set_value(
                        ledger, table, sequence, name, tampering.other(value, kinds[table][name])
                    )
                    expected.append((Tampering.EDITED, table, sequence))
                assert sorted(found(ledger)) == sorted(expected)


def test_a_value_taken_away_is_found(ledger: Connection) -> None:
    with undone(ledger):
        expected = []
        for table in RECORD:
            for sequence in middle(ledger, table):
                row = tampering.row_of(ledger, table, sequence)
                names = [name for name in tampering.nullable(ledger, table) if row[name] is not None]
                if names:
                    tampering.set_value(ledger, table, sequence, names[0], None)
                    expected.append((Tampering.EDITED, table, sequence))
        assert len(expected) > 5
        assert sorted(found(ledger)) == sorted(expected)


@pytest.mark.parametrize("place", [0, 1, -1])
def test_a_deletion_is_found_also_at_either_end(place: int, ledger: Connection) -> None:
    gone = {table: tampering.sequences(ledger, table)[place] for table in RECORD}
    with undone(ledger):
        for table, sequence in gone.items():
            tampering.delete(ledger, table, sequence)
        assert sorted(found(ledger)) == sorted((Tampering.DELETED, *one) for one in gone.items())


def test_an_insertion_is_found(ledger: Connection) -> None:
    with undone(ledger):
        made = {table: tampering.insert_copy(ledger, table, middle(ledger, table)[0]) for table in RECORD}
        assert sorted(found(ledger)) == sorted((Tampering.INSERTED, *one) for one in made.items())


def test_two_rows_in_each_others_place_are_found(ledger: Connection) -> None:
    with undone(ledger):
        pairs = {table: middle(ledger, table) for table in RECORD}
        for table, (one, two) in pairs.items():
            tampering.swap(ledger, table, one, two)
        expected = [(Tampering.EDITED, table, one) for table, pair in pairs.items() for one in pair]
        assert sorted(found(ledger)) == sorted(expected)


def test_a_row_under_another_number_is_found(ledger: Connection) -> None:
    with undone(ledger):
        expected = []
        for table in RECORD:
            one, last = middle(ledger, table)[0], tampering.sequences(ledger, table)[-1] + 1
            tampering.set_value(ledger, table, one, "sequence", last)
            expected += [(Tampering.DELETED, table, one), (Tampering.INSERTED, table, last)]
        assert sorted(found(ledger)) == sorted(expected)


def test_rows_cut_off_at_the_end_of_every_table_are_found(ledger: Connection) -> None:
    gone = {table: tampering.sequences(ledger, table)[-2:] for table in RECORD}
    with undone(ledger):
        expected = [(Tampering.DELETED, table, one) for table, both in gone.items() for one in both]
        for _, table, one in expected:
            tampering.delete(ledger, table, one)
        assert sorted(found(ledger)) == sorted(expected)


@pytest.mark.parametrize("table", [RECORD[0], RECORD[-1], "chain"])
def test_a_table_that_is_gone_is_found(table: str, ledger: Connection) -> None:
    with undone(ledger):
        ledger.execute(text(f"ALTER TABLE {table} RENAME TO elsewhere"))
        verdict = verify(ledger)
        assert (Tampering.DELETED, table, None) in found(ledger)
        if table == "chain":
            assert (verdict.links, verdict.digest) == (0, NO_DIGEST)


@pytest.mark.parametrize("links", [1, 3, 40])
def test_an_end_cut_off_with_its_links_is_found_with_a_checkpoint_and_only_with_one(
    links: int, ledger: Connection
) -> None:
    mark = head(ledger)
    with undone(ledger):
        tampering.cut(ledger, links)
        assert found(ledger) == []
        assert positions(ledger, mark) == [(Tampering.TRUNCATED, mark.position - links + 1)]


def test_a_chain_made_anew_after_an_edit_is_found_with_a_checkpoint(ledger: Connection) -> None:
    mark = head(ledger)
    with undone(ledger):
        sequence, _ = middle(ledger, "reports")
        tampering.set_value(ledger, "reports", sequence, "trial_id", "somebody else's")
        forge(ledger)
        assert found(ledger) == []
        assert positions(ledger, mark) == [(Tampering.REWRITTEN, mark.position)]


def forge(connection: Connection, *, since: int = 0, digest: str = NO_DIGEST) -> None:
    """Reckon every link anew, as somebody could who knows how the chain is made; from a position on, resting on a digest."""
    query = text("SELECT position FROM chain WHERE position >= :since ORDER BY position")
    for position in connection.scalars(query, {"since": since}).all():
        digest = reckoned(connection, position, digest)
        statement = text("UPDATE chain SET digest = :digest WHERE position = :position")
        connection.execute(statement, {"digest": digest, "position": position})


def reckoned(connection: Connection, position: int, previous: str) -> str:
    """Return the digest of the link at a position, resting on another."""
    table, sequence = linked(connection, position)
    kinds = tampering.columns(connection, table)
    row = tampering.row_of(connection, table, sequence)
    return digest_of(previous, table, {k: _said(v, kinds[k]) for k, v in row.items() if v is not None})


def linked(connection: Connection, position: int) -> tuple[str, int]:
    """Return which row a link is of."""
    query = text("SELECT row_table, row_sequence FROM chain WHERE position = :position")
    table, sequence = connection.execute(query, {"position": position}).one()
    return table, sequence


def test_a_chain_led_on_from_what_an_edited_link_should_have_been_is_found(ledger: Connection) -> None:
    after = text("SELECT position FROM chain WHERE row_table = 'entries' AND position > 10 ORDER BY position")
    edited = ledger.scalars(after).first() or 0
    resting = ledger.scalar(text("SELECT digest FROM chain WHERE position = :at"), {"at": edited - 1})
    with undone(ledger):
        tampering.set_value(ledger, *linked(ledger, edited), "principal", "another")
        other = reckoned(ledger, edited + 1, reckoned(ledger, edited, resting or ""))
        forge(ledger, since=edited + 2, digest=other)
        assert positions(ledger) == [(Tampering.EDITED, edited), (Tampering.EDITED, edited + 2)]


def test_a_row_linked_twice_in_a_chain_made_anew_is_found_without_a_checkpoint(ledger: Connection) -> None:
    with undone(ledger):
        last = head(ledger).position
        ledger.execute(
            text("ALTER TABLE chain RENAME TO bound")
        )  # two links of one row: the table forbids it
        ledger.execute(text("CREATE TABLE chain AS SELECT * FROM bound"))
        twice = "INSERT INTO chain SELECT position + 1, row_table, row_sequence, digest FROM bound WHERE position = :at"
        ledger.execute(text(twice), {"at": last})
        forge(ledger)
        assert positions(ledger) == [(Tampering.REORDERED, last + 1)]


HERE = timezone(timedelta(hours=2))


@pytest.mark.parametrize(
    ("value", "kind", "said"),
    [
        (datetime(2026, 11, 21, 9, 30, tzinfo=HERE), DateTime(), "2026-11-21T07:30:00.000000Z"),
        ("2026-11-21 09:30:00.000001", DateTime(), "2026-11-21T09:30:00.000001Z"),
        ("2026-11-21 09:30:00.000001", String(), "2026-11-21 09:30:00.000001"),
        (7, DateTime(), 7),
        (1, Boolean(), True),
        (2, Boolean(), 2),
        (1, String(), 1),
    ],
)
def test_a_value_is_said_as_it_was_written_whichever_database_kept_it(
    value: Any, kind: Any, said: object
) -> None:
    found = _said(value, kind)
    assert (found, type(found)) == (said, type(said)), "what cannot have been written stays as it is"


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("digest", "f" * 64, [(Tampering.EDITED, 10)]),
        ("row_sequence", 999, [(Tampering.DELETED, 10), (Tampering.INSERTED, None)]),
        ("row_table", "nowhere", [(Tampering.DELETED, 10), (Tampering.INSERTED, None)]),
    ],
)
def test_an_edited_link_is_found(
    column: str, value: object, expected: list[object], ledger: Connection
) -> None:
    with undone(ledger):
        ledger.execute(text(f"UPDATE chain SET {column} = :value WHERE position = 10"), {"value": value})
        assert positions(ledger) == expected


def test_a_link_moved_before_the_first_is_found(ledger: Connection) -> None:
    with undone(ledger):
        ledger.execute(text("UPDATE chain SET position = 0 WHERE position = 10"))
        assert {(Tampering.INSERTED, 0), (Tampering.DELETED, 10)} <= set(positions(ledger))


def test_a_deleted_link_is_found_and_its_row_too(ledger: Connection) -> None:
    with undone(ledger):
        row = ledger.execute(text("SELECT row_table, row_sequence FROM chain WHERE position = 10")).one()
        ledger.execute(text("DELETE FROM chain WHERE position = 10"))
        assert found(ledger) == [(Tampering.DELETED, "chain", None), (Tampering.INSERTED, *row)]


def test_an_inserted_link_is_found(ledger: Connection) -> None:
    with undone(ledger):
        last = head(ledger).position
        ledger.execute(
            text(
                "INSERT INTO chain (position, row_table, row_sequence, digest) VALUES (:at, 'reports', 999, 'f')"
            ),
            {"at": last + 1},
        )
        assert positions(ledger) == [(Tampering.DELETED, last + 1)]


def test_links_in_each_others_place_are_found(ledger: Connection) -> None:
    with undone(ledger):
        tampering.swap(ledger, "chain", 10, 11, column="position")
        assert {Tampering.EDITED} <= {kind for kind, at in positions(ledger) if at in (10, 11)}


def test_rows_reordered_in_a_chain_made_anew_are_found_without_a_checkpoint(ledger: Connection) -> None:
    at = text("SELECT position FROM chain WHERE row_table = 'entries' ORDER BY position LIMIT 2")
    one, two = ledger.scalars(at)
    with undone(ledger):
        tampering.swap(ledger, "chain", one, two, column="position")
        forge(ledger)
        assert positions(ledger) == [(Tampering.REORDERED, two)]


def test_links_cut_off_leave_their_rows_without_one(ledger: Connection) -> None:
    with undone(ledger):
        ledger.execute(text("DELETE FROM chain WHERE position > 10"))
        assert {kind for kind, _ in positions(ledger)} == {Tampering.INSERTED}


def test_a_finding_names_the_place_for_people() -> None:
    finding = Finding(tampering=Tampering.EDITED, table="reports", sequence=7, position=31)
    assert str(finding) == "edited: reports row 7, position 31 of the chain"
    lost = Finding(tampering=Tampering.DELETED, table="reports", sequence=None, position=None)
    assert str(lost) == "deleted: reports"
