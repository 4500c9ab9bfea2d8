"""A record knows which decision a trial came from, and leaves no fact out."""

import dataclasses

import pytest

from optimizer.errors import MalformedDocumentError


def test_prediction_is_the_step_whose_settings_were_applied(writer, read):
    writer.apply(4.2, writer.propose(4.2))
    writer.apply(3.9, writer.propose(4.2))
    record = read()
    as_proposed, edited = record.trials()
    assert record.prediction(as_proposed).settings == as_proposed.applied.settings
    assert record.decided(edited) is not None
    assert record.prediction(edited) is None


def test_a_fact_without_a_sequence_is_refused(writer, read):
    writer.apply(4.2)
    with pytest.raises(MalformedDocumentError, match="leave out a fact"):
        dataclasses.replace(read(), sequences={})


def test_a_decision_is_one_of_three(writer, read):
    writer.propose(4.2)
    (decided,) = read().decisions
    with pytest.raises(MalformedDocumentError, match="not one decision"):
        dataclasses.replace(decided, proposal=None)


def test_its_sequence_is_the_last_it_has_seen(writer, read):
    assert read().sequence == 0
    writer.report(writer.apply(4.0), 5.0)
    record = read()
    assert record.sequence == record.sequences[record.reports()[-1].id]
