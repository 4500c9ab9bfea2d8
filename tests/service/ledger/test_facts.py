import pytest
from sqlalchemy import select

from optimizer import canonical
from optimizer.errors import MalformedDocumentError
from optimizer.trial import Report, Review
from service.ledger.facts import KEPT, _decoded, fact
from service.ledger.tables import Entry
from tests.service.live import Clinic


def test_a_document_is_read_once_and_only_as_what_it_is(clinic: Clinic) -> None:
    course_id, _ = clinic.rated_course()
    with clinic.server.services.database.read() as session:
        document = session.scalars(select(Entry.body).filter_by(course_id=course_id, kind="report")).one()
    assert fact(Report, document) is fact(Report, document)
    assert fact(Report, document) == canonical.decode(Report, document)
    with pytest.raises(MalformedDocumentError):
        fact(Review, document)
    assert _decoded.cache_info().maxsize == KEPT, "it does not grow with the record"
