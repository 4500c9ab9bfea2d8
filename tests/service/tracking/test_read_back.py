"""The artifact gives back exactly what the ledger holds."""

import pytest

from optimizer import canonical
from optimizer.errors import MalformedDocumentError
from service.tracking import read_back


def test_history_comes_back_byte_for_byte(writer, read):
    first = writer.write_trial(4.0, pain=6.0)
    writer.report(first, None, amends=writer.report(first, 4.0))
    writer.propose(4.1)
    record = read()
    artifact = read_back.write(record)
    again = read_back.read(artifact)
    assert canonical.encode(again.history) == canonical.encode(record.history)
    assert again.problem.fingerprint == record.problem.fingerprint
    assert again.decisions == record.decisions
    assert again == record
    assert read_back.write(again) == artifact


def test_a_changed_document_of_another_shape_is_refused(read):
    with pytest.raises(MalformedDocumentError):
        read_back.read(read_back.write(read()).replace(b'"site"', b'"ward"'))
