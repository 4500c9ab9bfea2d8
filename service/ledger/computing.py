"""Which compute services live, and what they are at work on. Work in progress, no part of the record."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session

from service.ledger.course_tables import ComputeRow, DraftRow
from service.ledger.tables import JobRow


def beat(
    session: Session,
    holder: str,
    *,
    optimizer: str,
    warm: int,
    working: Collection[str],
    until: datetime,
    now: datetime,
) -> None:
    """Say that a service lives, and renew its leases; what it does not renew is taken over by another once they run out.

    Args:
        session: A writing session.
        holder: The service.
        optimizer: What it computes with.
        warm: How many of its processes are warm.
        working: Ids of the asks, and of courses whose drafts, it computes at this moment.
        until: When it is taken for lost, unless it says so again.
        now: The instant.
    """
    session.execute(delete(ComputeRow).where((ComputeRow.expires_at <= now) | (ComputeRow.holder == holder)))
    session.add(ComputeRow(holder=holder, optimizer=optimizer, warm=warm, expires_at=until))
    for table, subject in ((JobRow, JobRow.ask_id), (DraftRow, DraftRow.course_id)):
        held = (table.holder == holder, subject.in_(working), table.leased_until.is_not(None))
        session.execute(update(table).where(*held).values(leased_until=until))


def leave(session: Session, holder: str) -> None:
    """Say that a service ends in good order."""
    session.execute(delete(ComputeRow).where(ComputeRow.holder == holder))


def serving(session: Session, now: datetime, *, optimizer: str | None = None) -> bool:
    """Return whether any service lives that has a warm process, of one optimiser where it is named."""
    living = (ComputeRow.expires_at > now) & (ComputeRow.warm > 0)
    if optimizer is not None:
        living &= ComputeRow.optimizer == optimizer
    return bool(session.scalar(select(exists().where(living))))
