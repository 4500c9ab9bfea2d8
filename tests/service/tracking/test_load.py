"""Rows of the ledger become the record of a course, as of a sequence."""

import pytest

from service.ledger.history import history_of
from service.ledger.ledger import Ledger
from service.ledger.life_cycle import LAPSED, status_of
from service.tracking import read_back
from service.tracking.load import load
from service.tracking.project import NOTE, project


def test_later_entries_are_not_there_yet(writer, read):
    proposal_id = writer.propose(4.2)
    applied = read().decisions[0]
    assert (applied.id, applied.status) == (proposal_id, "approved")
    proposed = read(up_to=applied.sequence)
    assert proposed.decisions[0].status == "proposed"
    writer.apply(4.2, proposal_id)
    assert read().decisions[0].status == "applied"
    assert read(up_to=applied.sequence) == proposed


@pytest.mark.parametrize("applied", [False, True])
@pytest.mark.parametrize(
    ("action", "taken_back"),
    [
        (None, None),
        *((action, None) for action in ("approve", "edit", "reject", "expire", "supersede", "withdraw")),
        ("approve", "severe_report"),
        ("approve", LAPSED),
    ],
)
def test_a_proposal_stands_as_the_api_says(action, taken_back, applied, database, writer, read):
    proposal_id = writer.propose(4.2, action)
    if taken_back is not None:
        writer.take_back(proposal_id, taken_back)
    if applied:
        writer.apply(4.2, proposal_id)
    with database.read() as session:
        ledger = Ledger(session, site="site-a", principal="test", now=writer.now)
        said = status_of(ledger, ledger.proposal(proposal_id))
    assert read().decisions[0].status == said


def test_a_trial_that_follows_a_rejected_proposal_does_not_make_it_applied(writer, read):
    writer.apply(4.2, writer.propose(4.2, "reject"))
    view = project(read())
    assert view.trials[0].tags["titrate.proposal_status"] == "rejected"
    assert "| rejected |" in view.parent.tags[NOTE]


def test_an_end_is_there_from_its_own_entry_on_and_comes_back_from_the_artifact(writer, read):
    writer.write_trial(4.2, pain=6.0)
    before = read()
    assert (before.status, before.end) == ("open", None)
    assert b"ended" not in read_back.write(before).replace(b'"ended_at"', b"")
    writer.end("goal_reached")
    record = read()
    assert (record.status, record.end.reason, record.sequence) == (
        "ended",
        "goal_reached",
        record.end.sequence,
    )
    assert read(up_to=record.end.sequence - 1) == before
    assert read_back.read(read_back.write(record)) == record


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
