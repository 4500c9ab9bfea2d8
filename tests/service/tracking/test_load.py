"""Rows of the ledger become the record of a course, as of a sequence."""

import pytest

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
