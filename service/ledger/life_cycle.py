"""What became of a proposal, read from the record, and the one door to decide about it.

::

    proposed -> approved | edited | rejected | expired | superseded | withdrawn
    approved | edited -> applied | withdrawn

A state is never stored: it follows from the facts. That a proposal has one decision is held by a unique constraint.
"""

import hashlib
import json
from collections.abc import Iterable
from enum import StrEnum

from sqlalchemy import select

from optimizer import canonical
from optimizer.space.settings import Settings
from service.ledger.ledger import Ledger
from service.ledger.tables import DecisionRow, ProposalRow, TrialRow, WithdrawalRow


class Action(StrEnum):
    """What can be decided about a proposal; the last three by the service itself."""

    APPROVE = "approve"
    EDIT = "edit"
    REJECT = "reject"
    EXPIRE = "expire"
    SUPERSEDE = "supersede"
    WITHDRAW = "withdraw"


class Status(StrEnum):
    """Where an answer of the optimiser stands."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    EDITED = "edited"
    REJECTED = "rejected"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"
    APPLIED = "applied"
    ADVICE = "advice"
    """A hold or a stop: there is nothing to decide."""


_AFTER = {
    Action.APPROVE: Status.APPROVED,
    Action.EDIT: Status.EDITED,
    Action.REJECT: Status.REJECTED,
    Action.EXPIRE: Status.EXPIRED,
    Action.SUPERSEDE: Status.SUPERSEDED,
    Action.WITHDRAW: Status.WITHDRAWN,
}


def decision_about(ledger: Ledger, proposal_id: str) -> DecisionRow | None:
    """Return the decision about a proposal, or None."""
    return ledger.session.scalar(select(DecisionRow).filter_by(proposal_id=proposal_id))


def status_of(ledger: Ledger, proposal: ProposalRow) -> Status:
    """Return where a proposal stands now."""
    if proposal.kind != "proposal":
        return Status.ADVICE
    decision = decision_about(ledger, proposal.id)
    if decision is None:
        is_late = proposal.valid_until is not None and ledger.now > proposal.valid_until
        return Status.EXPIRED if is_late else Status.PROPOSED
    status = _AFTER[Action(decision.action)]
    if status in (Status.APPROVED, Status.EDITED):
        if (
            ledger.session.scalar(select(WithdrawalRow.sequence).filter_by(proposal_id=proposal.id))
            is not None
        ):
            return Status.WITHDRAWN
        if (
            ledger.session.scalar(select(TrialRow.sequence).filter_by(proposal_id=proposal.id).limit(1))
            is not None
        ):
            return Status.APPLIED
    return status


def etag_of(proposal: ProposalRow, status: Status) -> str:
    """Return the strong entity tag of a proposal in a state."""
    return (
        f'"{hashlib.sha256(f"{proposal.id}:{proposal.decision_digest}:{status}".encode()).hexdigest()[:32]}"'
    )


def decide(
    ledger: Ledger,
    proposal: ProposalRow,
    action: Action,
    *,
    settings: Settings | None = None,
    reason: str | None = None,
    flags: Iterable[str] = (),
) -> DecisionRow:
    """Write the decision about a proposal; the database refuses a second one.

    Args:
        ledger: The transaction at hand.
        proposal: What is decided.
        action: What.
        settings: What may be applied; None where nothing may.
        reason: Its code.
        flags: Codes of what to look at later.

    Returns:
        The decision.
    """
    chosen = None if settings is None else canonical.encode(settings).decode()
    listed = sorted(flags)
    body = {
        "action": str(action),
        "flags": listed,
        "proposal_digest": proposal.decision_digest,
        "proposal_id": proposal.id,
        "reason": reason,
        "settings": None if settings is None else canonical.to_builtins(settings.as_dict()),
    }
    row = DecisionRow(
        id=ledger.new_id(),
        course_id=proposal.course_id,
        proposal_id=proposal.id,
        action=action,
        settings=chosen,
        reason=reason,
        flags=json.dumps(listed),
    )
    return ledger.append("decision", row, body, course_id=proposal.course_id)


def undecided(ledger: Ledger, course_id: str) -> tuple[ProposalRow, ...]:
    """Return the proposals of a course that nobody decided about, expired ones included."""
    return tuple(
        ledger.session.scalars(
            select(ProposalRow)
            .outerjoin(DecisionRow, DecisionRow.proposal_id == ProposalRow.id)
            .where(
                ProposalRow.course_id == course_id, ProposalRow.kind == "proposal", DecisionRow.id.is_(None)
            )
            .order_by(ProposalRow.sequence)
        )
    )


def withdraw_all(ledger: Ledger, course_id: str, *, cause_id: str) -> tuple[str, ...]:
    """Take back what a severe report makes indefensible: open proposals, and approved ones not yet applied.

    Args:
        ledger: The transaction that writes the report.
        course_id: The course.
        cause_id: The report.

    Returns:
        Ids of the proposals taken back.
    """
    taken = []
    for proposal in undecided(ledger, course_id):
        decide(ledger, proposal, Action.WITHDRAW, reason="severe_report")
        taken.append(proposal.id)
    approved = ledger.session.scalars(
        select(ProposalRow)
        .join(DecisionRow, DecisionRow.proposal_id == ProposalRow.id)
        .where(ProposalRow.course_id == course_id, DecisionRow.action.in_([Action.APPROVE, Action.EDIT]))
    ).all()
    for proposal in approved:
        if status_of(ledger, proposal) in (Status.APPROVED, Status.EDITED):
            row = WithdrawalRow(
                id=ledger.new_id(), course_id=course_id, proposal_id=proposal.id, cause_id=cause_id
            )
            body = {"cause_id": cause_id, "proposal_id": proposal.id, "reason": "severe_report"}
            ledger.append("withdrawal", row, body, course_id=course_id)
            taken.append(proposal.id)
    return tuple(taken)
