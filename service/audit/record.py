"""Write one line of the trail, in the transaction at hand."""

from datetime import datetime

from sqlalchemy.orm import Session

from service.audit.access import ROUTE_LENGTH
from service.audit.tables import AuditRow
from service.auth.principal import Principal


def record(
    session: Session,
    principal: Principal,
    *,
    method: str,
    path: str,
    request_id: str,
    status: int,
    at: datetime,
) -> None:
    """Add who did what: a write with its status.

    Args:
        session: The transaction of the write.
        principal: Who called.
        method: HTTP method.
        path: As called, without the query.
        request_id: The id the answer carries as ``X-Request-Id``.
        status: HTTP status of the answer.
        at: The instant.
    """
    session.add(
        AuditRow(
            at=at,
            site=principal.site,
            principal=principal.name,
            credential=principal.credential,
            method=method,
            route=path[:ROUTE_LENGTH],
            request_id=request_id,
            status=status,
        )
    )
