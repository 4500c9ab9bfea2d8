import hashlib
import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from service.db.engine import Database
from service.errors import NotFoundError
from service.ledger.ledger import Ledger, canonical_text
from service.ledger.tables import CourseRow, Entry, OutboxRow, PatientRow

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


def test_a_fact_has_a_header_a_digest_and_a_place_in_the_outbox(database: Database) -> None:
    with database.write() as session:
        ledger = Ledger(session, site="a", principal="dr", now=NOW)
        patient = ledger.append(
            "patient", PatientRow(id=ledger.new_id(), site="a", pseudonym="x"), {"pseudonym": "x"}
        )
        course_id = ledger.new_id()
        row = CourseRow(
            id=course_id,
            site="a",
            patient_id=patient.id,
            device="d",
            problem="{}",
            problem_fingerprint="f",
            start="{}",
        )
        course = ledger.append("course", row, {"b": 1, "a": 2}, course_id=course_id)
    with database.read() as session:
        entry = session.get(Entry, course.sequence)
        outbox = session.scalars(select(OutboxRow)).all()
    assert entry is not None
    assert (entry.site, entry.principal, entry.kind, entry.recorded_at) == ("a", "dr", "course", NOW)
    assert entry.body == '{"a":2,"b":1}'
    assert entry.body_digest == hashlib.sha256(entry.body.encode()).hexdigest()
    assert [(line.sequence, line.topic, line.course_id) for line in outbox] == [
        (course.sequence, "course", course_id)
    ]


def test_an_id_of_another_site_is_as_unknown_as_one_that_never_was(database: Database) -> None:
    with database.write() as session:
        ledger = Ledger(session, site="a", principal="dr", now=NOW)
        row = ledger.append("patient", PatientRow(id=ledger.new_id(), site="a", pseudonym="x"), {})
    with database.read() as session:
        stranger = Ledger(session, site="b", principal="dr", now=NOW)
        messages = set()
        for wanted in (row.id, stranger.new_id(), "no id at all", "\x00"):
            with pytest.raises(NotFoundError) as caught:
                stranger.patient(wanted)
            messages.add(str(caught.value))
        assert len(messages) == 1
        assert Ledger(session, site="a", principal="dr", now=NOW).patient(row.id).pseudonym == "x"


def test_the_same_pseudonym_twice_is_refused_by_the_database_itself(database: Database) -> None:
    with database.write() as session:
        ledger = Ledger(session, site="a", principal="dr", now=NOW)
        ledger.append("patient", PatientRow(id=ledger.new_id(), site="a", pseudonym="x"), {})
        again = PatientRow(id=ledger.new_id(), site="a", pseudonym="x")
        with pytest.raises(IntegrityError):
            ledger.append("patient", again, {})
        session.rollback()


def test_plain_facts_are_canonical() -> None:
    assert json.loads(canonical_text({"b": 1.0, "a": "ä"})) == {"a": "ä", "b": 1}
    assert canonical_text({"b": 1.0, "a": "ä"}) == '{"a":"ä","b":1}'
