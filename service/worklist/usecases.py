"""Find what waits for a person at a site, oldest first. Every kind is one query; nothing is kept apart from the record."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Select, exists, null, select
from sqlalchemy.orm import aliased

from optimizer.decision import Hold, decode_decision
from service.ledger import life_cycle
from service.ledger.course_end import has_ended
from service.ledger.course_tables import ConfirmationRow, ProblemRow, StopReleaseRow, StopRow
from service.ledger.history import LOOSER, TIGHTER
from service.ledger.ledger import Ledger
from service.ledger.tables import (
    CourseRow,
    DecisionRow,
    Entry,
    ProposalRow,
    ReportRow,
    ReviewRow,
)
from service.worklist.schemas import Waiting, WorkItem

EXPIRES_WITHIN = timedelta(hours=48)
"""An approval that runs out within this long is on the list [A]."""
NEWS = (
    "ask", "trial", "amendment", "report", "review", "problem", "confirmation", "preflight", "migration"
)  # fmt: skip
"""Facts after which a hold may no longer be the answer."""


def worklist(ledger: Ledger, *, after: int, limit: int, kinds: frozenset[Waiting]) -> list[WorkItem]:
    """Return what waits at the site of the caller.

    Args:
        ledger: Any ledger.
        after: The last ledger sequence already seen.
        limit: Most items.
        kinds: Which kinds; empty means all.

    Returns:
        Items in the order of the record, oldest first. What is done is gone the next time one asks. Of a course that has
        ended nothing waits but a severe report nobody reviewed: it holds the other courses of its patient.
    """
    found: list[tuple[int, Waiting, Any]] = []
    for kind, query in _queries(ledger).items():
        if kinds and kind not in kinds:
            continue
        page = query.where(Entry.site == ledger.site, Entry.sequence > after)
        rows = ledger.session.execute(page.order_by(Entry.sequence).limit(limit))
        found += [(row[0].sequence, kind, row) for row in rows]
    found.sort(key=lambda item: (item[0], item[1]))
    return [_item(kind, row) for _, kind, row in found[:limit]]


def _queries(ledger: Ledger) -> dict[Waiting, Select[Any]]:
    """Return per kind a query of (entry, patient id, reason, due time)."""
    return {
        Waiting.PROPOSAL: _of_course(ProposalRow, due=ProposalRow.valid_until)
        .outerjoin(DecisionRow, DecisionRow.proposal_id == ProposalRow.id)
        .where(
            ProposalRow.kind == "proposal", DecisionRow.id.is_(None), ProposalRow.valid_until >= ledger.now
        ),
        Waiting.HOLD: _holds(),
        Waiting.ADVERSE_EVENT: _of_course(ReportRow).where(
            ReportRow.severe, ~exists().where(ReviewRow.subject_id == ReportRow.id)
        ),
        Waiting.EXPIRING_APPROVAL: _of_course(ProposalRow, due=ProposalRow.valid_until)
        .join(DecisionRow, DecisionRow.proposal_id == ProposalRow.id)
        .where(life_cycle.is_unapplied())
        .where(ProposalRow.valid_until.between(ledger.now, ledger.now + EXPIRES_WITHIN)),
        Waiting.LOOSER_PROBLEM: _looser(),
        Waiting.STOP: select(Entry, StopRow.patient_id, StopRow.reason, null())
        .join(StopRow, StopRow.sequence == Entry.sequence)
        .where(~exists().where(StopReleaseRow.stop_id == StopRow.id)),
    }


def _of_course(table: Any, *, reason: Any = None, due: Any = None) -> Select[Any]:
    reason, due = (null() if part is None else part for part in (reason, due))
    return (
        select(Entry, CourseRow.patient_id, reason, due)
        .join(table, table.sequence == Entry.sequence)
        .join(CourseRow, CourseRow.id == table.course_id)
    )


def _holds() -> Select[Any]:
    """Holds that are still the answer: the latest of a course that goes on, with no news after it."""
    news = aliased(Entry)
    later = exists().where(
        news.course_id == ProposalRow.course_id, news.sequence > ProposalRow.sequence, news.kind.in_(NEWS)
    )
    return _of_course(ProposalRow, reason=ProposalRow.decision).where(
        ProposalRow.kind == "hold", ~later, ~has_ended(ProposalRow.course_id)
    )


def _looser() -> Select[Any]:
    """Looser problems that can still be confirmed: nothing came into force since, and the course goes on."""
    other, confirmed = aliased(ProblemRow), aliased(ConfirmationRow)
    tighter_since = exists().where(
        other.course_id == ProblemRow.course_id, other.change == TIGHTER, other.sequence > ProblemRow.sequence
    )
    confirmed_since = exists().where(
        confirmed.course_id == ProblemRow.course_id, confirmed.sequence > ProblemRow.sequence
    )
    return _of_course(ProblemRow, reason=ProblemRow.reason).where(
        ProblemRow.change == LOOSER, ~tighter_since, ~confirmed_since, ~has_ended(ProblemRow.course_id)
    )


def _item(kind: Waiting, row: Any) -> WorkItem:
    entry, patient_id, reason, due_at = row
    if kind is Waiting.HOLD:
        reason = reason_of(reason)
    return WorkItem(
        kind=kind,
        id=entry.id,
        sequence=entry.sequence,
        course_id=entry.course_id,
        patient_id=patient_id,
        reason=reason,
        since=entry.recorded_at,
        due_at=due_at,
    )


def reason_of(document: str) -> str:
    """Return why a stored hold holds."""
    decision = decode_decision(document)
    assert isinstance(decision, Hold)  # noqa: S101 - its kind was asked for
    return str(decision.reason)
