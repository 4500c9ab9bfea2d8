"""What became of a proposal, read from the record, and the one door to decide about it.

::

    proposed -> approved | edited | rejected | expired | superseded | withdrawn
    approved | edited -> applied | withdrawn | expired

A state is never stored: it follows from the facts and the time. That a proposal has one decision is held by a unique
constraint; so is that an approval is taken back once. A course has one approval to act on, its latest: a new one takes
back the one before.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, exists, select
from sqlalchemy.exc import IntegrityError

from optimizer import canonical
from optimizer.space.settings import Settings
from service.errors import ProposalDecidedError
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


APPROVED = (Status.APPROVED, Status.EDITED)
"""What may be programmed."""
SEVERE_REPORT, LAPSED, TIGHTENED = "severe_report", "lapsed", "envelope_tightened"
TRIAL_AMENDED, SUPERSEDED, COURSE_ENDED = "trial_amended", "superseded", "course_ended"
"""Why a proposal or an approval is taken back."""

_AFTER = {
    Action.APPROVE: Status.APPROVED,
    Action.EDIT: Status.EDITED,
    Action.REJECT: Status.REJECTED,
    Action.EXPIRE: Status.EXPIRED,
    Action.SUPERSEDE: Status.SUPERSEDED,
    Action.WITHDRAW: Status.WITHDRAWN,
}
APPROVALS = tuple(action for action, status in _AFTER.items() if status in APPROVED)
"""The decisions after which a proposal may be programmed."""
_MEANING = {Action.APPROVE: "approval", Action.EDIT: "authorship", Action.REJECT: "rejection"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Who put their name to a decision, what that means, when, and to which bytes."""

    printed_name: str
    meaning: str
    signed_at: datetime
    proposal_digest: str
    """SHA-256 of the canonical JSON of the exact proposal."""


def sign(ledger: Ledger, proposal: ProposalRow, action: Action, printed_name: str) -> Signature:
    """Return the signature of a person under a decision about a proposal, now."""
    return Signature(
        printed_name=printed_name,
        meaning=_MEANING[action],
        signed_at=ledger.now,
        proposal_digest=proposal.decision_digest,
    )


def decision_about(ledger: Ledger, proposal_id: str) -> DecisionRow | None:
    """Return the decision about a proposal, or None."""
    return ledger.session.scalar(select(DecisionRow).filter_by(proposal_id=proposal_id))


def status_of(ledger: Ledger, proposal: ProposalRow) -> Status:
    """Return where a proposal stands now."""
    if proposal.kind != "proposal":
        return Status.ADVICE
    decision = decision_about(ledger, proposal.id)
    trial = select(TrialRow.sequence).filter_by(proposal_id=proposal.id).limit(1)
    return stands(
        None if decision is None else decision.action,
        withdrawal=withdrawal_of(ledger, proposal.id),
        applied=ledger.session.scalar(trial) is not None,
        late=is_late(ledger, proposal),
    )


def is_late(ledger: Ledger, proposal: ProposalRow) -> bool:
    """Return whether a proposal is past its time."""
    return proposal.valid_until is not None and ledger.now > proposal.valid_until


def stands(action: str | None, *, withdrawal: WithdrawalRow | None, applied: bool, late: bool) -> Status:
    """Return where a proposal stands by what is on record of it: THE rule, for the API and for MLflow.

    Args:
        action: What was decided about it; None where nothing was.
        withdrawal: How an approval was taken back.
        applied: Whether a trial names it. That makes nothing of a proposal nobody approved: a trial may name any.
        late: Whether it is past its time.
    """
    if action is None:
        return Status.EXPIRED if late else Status.PROPOSED
    status = _AFTER[Action(action)]
    if status not in APPROVED:
        return status
    if withdrawal is not None and withdrawal.reason != LAPSED:
        return Status.WITHDRAWN
    if applied:
        return Status.APPLIED
    return Status.EXPIRED if late or withdrawal is not None else status


def withdrawal_of(ledger: Ledger, proposal_id: str) -> WithdrawalRow | None:
    """Return how an approval was taken back, or None."""
    return ledger.session.scalar(select(WithdrawalRow).filter_by(proposal_id=proposal_id))


def why_withdrawn(ledger: Ledger, proposal: ProposalRow) -> str:
    """Return the code of what took a proposal or its approval back."""
    fact = withdrawal_of(ledger, proposal.id) or decision_about(ledger, proposal.id)
    assert fact is not None  # noqa: S101 - it was withdrawn
    return fact.reason or SEVERE_REPORT  # records of before kept none where it was one


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
    signature: Signature | None = None,
) -> DecisionRow:
    """Write the decision about a proposal; the database refuses a second one.

    Args:
        ledger: The transaction at hand.
        proposal: What is decided.
        action: What.
        settings: What may be applied; None where nothing may.
        reason: Its code.
        flags: Codes of what to look at later.
        signature: Whose decision it is; None where the service decides by rule.

    Returns:
        The decision.

    Raises:
        ProposalDecidedError: If there is one already.
    """
    chosen = None if settings is None else canonical.encode(settings).decode()
    signed = None if signature is None else canonical.to_builtins(signature)
    listed = sorted(flags)
    body = {
        "action": str(action),
        "flags": listed,
        "proposal_digest": proposal.decision_digest,
        "proposal_id": proposal.id,
        "reason": reason,
        "settings": None if settings is None else canonical.to_builtins(settings.as_dict()),
        "signature": signed,
    }
    row = DecisionRow(
        id=ledger.new_id(),
        course_id=proposal.course_id,
        proposal_id=proposal.id,
        action=action,
        settings=chosen,
        reason=reason,
        flags=json.dumps(listed),
        signature=None if signature is None else canonical.encode(signature).decode(),
    )
    try:
        return ledger.append("decision", row, body, course_id=proposal.course_id)
    except IntegrityError:
        raise ProposalDecidedError(
            "proposal", "was decided meanwhile", remedy="Read it again; ask for a new one."
        ) from None


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


def to_be_applied(ledger: Ledger, course_id: str) -> tuple[ProposalRow, ...]:
    """Return the proposals of a course that are approved, neither applied nor taken back, late ones included."""
    return tuple(
        ledger.session.scalars(
            select(ProposalRow)
            .join(DecisionRow, DecisionRow.proposal_id == ProposalRow.id)
            .where(ProposalRow.course_id == course_id, is_unapplied())
            .order_by(ProposalRow.sequence)
        )
    )


def latest_approval(ledger: Ledger, course_id: str) -> tuple[ProposalRow, DecisionRow] | None:
    """Return the last approval of a course with what it approved, whatever came of it; earlier ones count no more."""
    return ledger.session.execute(
        select(ProposalRow, DecisionRow)
        .join(DecisionRow, DecisionRow.proposal_id == ProposalRow.id)
        .where(ProposalRow.course_id == course_id, DecisionRow.action.in_(APPROVALS))
        .order_by(DecisionRow.sequence.desc())
        .limit(1)
    ).first()


def approved_since(ledger: Ledger, decision: DecisionRow) -> bool:
    """Return whether a course has an approval later than one of its decisions, whatever came of it."""
    later = select(DecisionRow.sequence).where(
        DecisionRow.course_id == decision.course_id,
        DecisionRow.sequence > decision.sequence,
        DecisionRow.action.in_(APPROVALS),
    )
    return ledger.session.scalar(later.limit(1)) is not None


def is_unapplied() -> ColumnElement[bool]:
    """Return, of proposals joined with their decisions, the condition: approved, and nothing came of it yet."""
    return and_(
        DecisionRow.action.in_(APPROVALS),
        ~exists().where(WithdrawalRow.proposal_id == ProposalRow.id),
        ~exists().where(TrialRow.proposal_id == ProposalRow.id),
    )


def withdraw_all(
    ledger: Ledger,
    course_id: str,
    *,
    cause_id: str,
    reason: str = SEVERE_REPORT,
    unless: Callable[[ProposalRow], bool] = lambda _: False,
) -> tuple[str, ...]:
    """Take back what a fact makes indefensible: open proposals, and approved ones not yet applied.

    Args:
        ledger: The transaction that writes the fact.
        course_id: The course.
        cause_id: The fact: a severe report, a correction, a tighter problem, the end of the course.
        reason: Its code.
        unless: Says of a proposal that it may stand.

    Returns:
        Ids of the proposals taken back.
    """
    taken = []
    for proposal in undecided(ledger, course_id):
        if not unless(proposal):
            late = status_of(ledger, proposal) is Status.EXPIRED
            decide(
                ledger, proposal, Action.EXPIRE if late else Action.WITHDRAW, reason=None if late else reason
            )
            taken += [] if late else [proposal.id]
    return (*taken, *take_back_approvals(ledger, course_id, cause_id=cause_id, reason=reason, unless=unless))


def take_back_approvals(
    ledger: Ledger,
    course_id: str,
    *,
    cause_id: str,
    reason: str,
    unless: Callable[[ProposalRow], bool],
) -> tuple[str, ...]:
    """Take back the approvals of a course that were not applied; late ones lapse. As :func:`withdraw_all` otherwise."""
    taken = []
    for proposal in to_be_applied(ledger, course_id):
        if not unless(proposal):
            late = status_of(ledger, proposal) is Status.EXPIRED
            take_back(ledger, proposal, cause_id=cause_id, reason=LAPSED if late else reason)
            taken += [] if late else [proposal.id]
    return tuple(taken)


def take_back(ledger: Ledger, proposal: ProposalRow, *, cause_id: str, reason: str) -> None:
    """Take an approval back before it was applied."""
    row = WithdrawalRow(
        id=ledger.new_id(),
        course_id=proposal.course_id,
        proposal_id=proposal.id,
        cause_id=cause_id,
        reason=reason,
    )
    body = {"cause_id": cause_id, "proposal_id": proposal.id, "reason": reason}
    ledger.append("withdrawal", row, body, course_id=proposal.course_id)


def expire(ledger: Ledger, proposal: ProposalRow) -> bool:
    """Write that a proposal, open or approved and not applied, is past its time; returns whether there was anything to write."""
    if status_of(ledger, proposal) is not Status.EXPIRED:
        return False
    decision = decision_about(ledger, proposal.id)
    if decision is None:
        decide(ledger, proposal, Action.EXPIRE)
        return True
    if decision.action == Action.EXPIRE or withdrawal_of(ledger, proposal.id) is not None:
        return False
    take_back(ledger, proposal, cause_id=decision.id, reason=LAPSED)
    return True
