"""Decide about a proposal: one decision, within hard limits whatever the reason."""

from optimizer.ask import Ask
from optimizer.decision import Proposal
from optimizer.history import History
from optimizer.problem import Problem
from optimizer.space.settings import Settings
from service.dependencies.requests import Answer
from service.errors import (
    NothingToDecideError,
    PreconditionFailedError,
    PreconditionRequiredError,
    ProposalDecidedError,
    ProposalExpiredError,
    ProposalWithdrawnError,
    ReasonRequiredError,
    SchemaError,
)
from service.ledger import gate, life_cycle
from service.ledger.applicable import BEYOND_TITRATION, beyond_titration, check_applicable
from service.ledger.history import ask_of, decision_of, history_of, problem_of
from service.ledger.ledger import Ledger
from service.ledger.life_cycle import Action, Status
from service.ledger.plan import planned
from service.ledger.tables import ProposalRow
from service.proposals.schemas import DecisionReason, NewDecision
from service.proposals.usecases import view


def decide(ledger: Ledger, proposal_id: str, new: NewDecision, *, if_match: str | None) -> Answer:
    """Write what a clinician decided about a proposal; an approval takes back the one before, if it was not applied.

    Args:
        ledger: The transaction at hand; writes are serialised, so the state read here is the state decided on.
        proposal_id: The proposal.
        new: The decision.
        if_match: Entity tag of the state the clinician saw.

    Returns:
        The proposal as it stands then.

    Raises:
        PreconditionRequiredError: If no state is named.
        PreconditionFailedError: If it is not the present one, of a proposal that can still be decided about.
        ConflictError: If the proposal is decided, withdrawn, late, or no proposal; if the settings are closed, the patient or
            site is stopped, or a check is due.
        ReasonRequiredError: If an edit or a rejection has no coded reason.
        OptimizerError: If the settings are off the grid, outside the envelope or past a hard limit.
    """
    if if_match is None:
        raise PreconditionRequiredError(
            "If-Match", "is missing", remedy="Send the etag of the proposal you saw."
        )
    row = ledger.proposal(proposal_id)
    _check_open(ledger, row, if_match)
    answer = decision_of(row)
    assert isinstance(answer, Proposal)  # noqa: S101 - its kind was checked
    action = Action(new.action)
    _check_shape(action, new)
    signature = life_cycle.sign(ledger, row, action, new.signed_by)
    if action is Action.REJECT:
        life_cycle.decide(ledger, row, action, reason=new.reason, signature=signature)
        return _answer(ledger, row)
    course = ledger.course(row.course_id)
    barrier = gate.to_program(ledger.session, course, ledger.now)
    if barrier is not None:
        raise barrier.error()
    problem, history = problem_of(ledger.session, course), history_of(ledger.session, course.id)
    settings = answer.settings if action is Action.APPROVE else problem.space.settings(new.settings or {})
    steps = planned(answer, settings)
    for step in steps:
        check_applicable(problem, history, step)
    flags = flags_of(problem, history, ask_of(ledger.session, row), answer.settings, steps)
    decided = life_cycle.decide(
        ledger, row, action, settings=settings, reason=new.reason, flags=flags, signature=signature
    )
    life_cycle.take_back_approvals(
        ledger,
        course.id,
        cause_id=decided.id,
        reason=life_cycle.SUPERSEDED,
        unless=lambda other: other.id == row.id,
    )
    return _answer(ledger, row)


def _check_open(ledger: Ledger, row: ProposalRow, if_match: str) -> None:
    """Refuse with what became of a proposal; only of one that is open does the tag decide (RFC 9110, 13.2.1)."""
    status = life_cycle.status_of(ledger, row)
    if status is Status.ADVICE:
        raise NothingToDecideError(
            "proposal", "is advice: a hold or a stop", remedy="Review it, or ask again."
        )
    if status is Status.EXPIRED:
        raise ProposalExpiredError("proposal", "is past its time", remedy="Ask again.")
    if status is Status.WITHDRAWN:
        raise ProposalWithdrawnError(
            "proposal", f"was withdrawn: {life_cycle.why_withdrawn(ledger, row)}", remedy="Ask again."
        )
    if status is not Status.PROPOSED:
        raise ProposalDecidedError("proposal", f"is {status}", remedy="Read it again; ask for a new one.")
    if if_match.strip() != life_cycle.etag_of(row, status):
        raise PreconditionFailedError("If-Match", "names another state", remedy="Read the proposal again.")


def _check_shape(action: Action, new: NewDecision) -> None:
    if (action is Action.EDIT) != (new.settings is not None):
        raise SchemaError("settings", "are due with an edit, and only there")
    if action is not Action.APPROVE and new.reason is None:
        raise ReasonRequiredError("reason", "is missing", limit=", ".join(DecisionReason))


def flags_of(
    problem: Problem, history: History, ask: Ask, proposed: Settings, steps: tuple[Settings, ...]
) -> list[str]:
    """Return the codes of what a clinician took upon themself.

    Args:
        problem: The course's problem.
        history: Everything recorded by now.
        ask: What was asked.
        proposed: The first settings as proposed.
        steps: What was approved, in order.
    """
    # the 5 % rule was computed for the proposed settings alone
    flags = [] if steps[0] == proposed else ["tolerability_not_predicted"]
    if beyond_titration(problem, history, ask, steps):
        flags.append(BEYOND_TITRATION)
    return flags


def _answer(ledger: Ledger, row: ProposalRow) -> Answer:
    seen = view(ledger, row)
    return Answer(status=201, body=seen, headers={"ETag": seen.etag})
