"""Write down what ran out: proposals nobody decided about in time, approvals nobody applied in time."""

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from service.clock import Clock
from service.db.engine import Database
from service.errors import ProposalDecidedError
from service.ledger import life_cycle
from service.ledger.ledger import Ledger
from service.ledger.tables import CourseRow, DecisionRow, ProposalRow

SERVICE = "titrate"
"""Stands as principal of what the service decides by rule."""
AT_ONCE = 50


def sweep(database: Database, clock: Clock) -> int:
    """Expire every proposal past its time, each in a transaction of its own.

    Args:
        database: The record.
        clock: What time it is.

    Returns:
        How many were written.
    """
    with database.read() as session:
        late = _late(session, clock)
    return sum(expire(database, clock, proposal_id) for proposal_id in late)


def expire(database: Database, clock: Clock, proposal_id: str) -> bool:
    """Expire one proposal if it still can be; returns whether it was."""
    try:
        with database.write() as session:
            proposal, site = session.execute(
                select(ProposalRow, CourseRow.site)
                .join(CourseRow, CourseRow.id == ProposalRow.course_id)
                .where(ProposalRow.id == proposal_id)
            ).one()
            ledger = Ledger(session, site=site, principal=SERVICE, now=clock())
            return life_cycle.expire(ledger, proposal)
    except ProposalDecidedError:
        return False


def _late(session: Session, clock: Clock) -> tuple[str, ...]:
    """Return what is past its time and not written down so, oldest first."""
    query = (
        select(ProposalRow.id)
        .outerjoin(DecisionRow, DecisionRow.proposal_id == ProposalRow.id)
        .where(ProposalRow.kind == "proposal", ProposalRow.valid_until < clock())
        .where(or_(DecisionRow.id.is_(None), life_cycle.is_unapplied()))
        .order_by(ProposalRow.sequence)
    )
    return tuple(session.scalars(query.limit(AT_ONCE)))
