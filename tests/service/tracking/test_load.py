"""Rows of the ledger become the record of a course, as of a sequence."""

import pytest

from service.ledger.history import history_of
from service.tracking import read_back
from service.tracking.load import load


def test_later_entries_are_not_there_yet(writer, read):
    proposal_id = writer.propose(4.2)
    applied = read().decisions[0]
    assert (applied.id, applied.status) == (proposal_id, "approved")
    proposed = read(up_to=applied.sequence)
    assert proposed.decisions[0].status == "proposed"
    writer.apply(4.2, proposal_id)
    assert read().decisions[0].status == "applied"
    assert read(up_to=applied.sequence) == proposed


def test_pseudonym_and_site_come_with_it(writer, read):
    assert (read().patient, read().site) == ("P-001", "site-a")


def test_an_unknown_course_is_an_error(database):
    with database.read() as session, pytest.raises(LookupError):
        load(session, "no such", up_to=1)


def test_the_artifact_gives_a_corrected_history_back_exactly(database, writer, read):
    trial_id = writer.write_trial(4.2, pain=6.0)
    plain = read_back.write(read())
    assert b"amend" not in plain.replace(b'"amends"', b"")
    writer.correct(trial_id, 3.8)
    record = read()
    assert read_back.read(read_back.write(record)) == record
    with database.read() as session:
        assert record.history == history_of(session, writer.course_id)
    assert [trial.applied.values["amplitude_ma"] for trial in record.history.said(trial_id)] == [4.2, 3.8]
