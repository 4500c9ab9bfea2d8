"""Read the trail of a site."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import select

from service.audit.tables import AccessRow, AuditRow
from service.ledger.ledger import Ledger
from service.trail.schemas import LineView, Of

TABLES: Mapping[Of, type[AuditRow | AccessRow]] = MappingProxyType(
    {Of.WRITES: AuditRow, Of.ACCESS: AccessRow}
)


def lines(
    ledger: Ledger, of: Of, *, principal: str | None, since: datetime | None, after: int, limit: int
) -> list[LineView]:
    """Return lines of the caller's site, the earliest first.

    Args:
        ledger: Says the site; who showed neither a key of it nor a token of its provider is not here.
        of: Which trail.
        principal: Only this one's lines.
        since: Only lines from then on.
        after: Only lines with a higher number.
        limit: At most so many.

    Returns:
        The lines.
    """
    table = TABLES[of]
    query = select(table).where(table.site == ledger.site, table.sequence > after)
    if principal is not None:
        query = query.where(table.principal == principal)
    if since is not None:
        query = query.where(table.at >= since)
    rows = ledger.session.scalars(query.order_by(table.sequence).limit(limit))
    return [LineView.model_validate(row, from_attributes=True) for row in rows]
