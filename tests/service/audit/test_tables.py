from service.audit.tables import AuditRow
from service.ledger.tables import APPEND_ONLY


def test_the_trail_grows_only_and_keeps_no_body() -> None:
    assert AuditRow.__tablename__ in APPEND_ONLY
    assert not {"body", "query"} & {column.key for column in AuditRow.__table__.columns}
