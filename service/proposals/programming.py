"""What a programming system may set: approved, in time, inside every limit as of this read; else a refusal with its reason."""

import json

from optimizer import canonical
from optimizer.decision import Proposal
from optimizer.errors import SettingsError
from optimizer.history import History
from optimizer.problem import Problem
from optimizer.space.parameter import CONFIGURATION
from optimizer.space.settings import Settings
from service.errors import (
    ProposalExpiredError,
    ProposalNotApprovedError,
    ProposalWithdrawnError,
    SettingsPastLimitError,
)
from service.ledger import course_end, gate, life_cycle
from service.ledger.applicable import check_applicable, check_reach, check_tolerated, range_left
from service.ledger.history import ask_of, decision_of, history_of, problem_of
from service.ledger.ledger import Ledger
from service.ledger.life_cycle import APPROVED, Signature, Status
from service.ledger.plan import n_applied, planned
from service.ledger.tables import DecisionRow, ProposalRow
from service.proposals.schemas import ProgramView, SignatureView


def program(ledger: Ledger, proposal_id: str) -> ProgramView:
    """Return the settings to program.

    Args:
        ledger: The transaction at hand.
        proposal_id: The proposal.

    Returns:
        The approved settings, and those of a plan's later steps, in order; of a plan begun, those not yet applied.

    Raises:
        NotFoundError: If the proposal is not known here.
        ConflictError: If it is not approved, was taken back, ran out, or was applied and no plan goes on; if the course has
            ended, patient or site are stopped, a check is due or failed; or if a severe report closed the settings, or they
            were not tolerated since they were approved; or if they are past a limit or the envelope by now; of a plan begun, if
            nobody rated the step before.
    """
    row = ledger.proposal(proposal_id)
    decided, status = life_cycle.decision_about(ledger, row.id), life_cycle.status_of(ledger, row)
    check_programmable(ledger, row, decided, status)
    answer = decision_of(row)
    assert decided is not None  # noqa: S101 - it is approved
    assert decided.settings is not None  # noqa: S101
    assert isinstance(answer, Proposal)  # noqa: S101
    course = ledger.course(row.course_id)
    problem, history = problem_of(ledger.session, course), history_of(ledger.session, course.id)
    first = canonical.decode(Settings, decided.settings)
    plan = planned(answer, first)
    at_approval = history_of(ledger.session, course.id, up_to=decided.sequence)
    place = 0
    if status is Status.APPLIED:
        place = n_applied(
            ledger, row, decided, plan, problem=problem, history=history, at_approval=at_approval
        )
    left = plan[place:]
    for settings in left:
        _check_limits(problem, history, settings)
    check_tolerated(problem, history, at_approval, left)
    if not place:
        check_reach(problem, history, ask_of(ledger.session, row), plan, json.loads(decided.flags))
    return ProgramView(
        proposal_id=row.id,
        course_id=course.id,
        settings=left[0].as_dict(),
        contact_shares=_contact_shares(problem, left[0]),
        then=[settings.as_dict() for settings in left[1:]],
        then_contact_shares=[_contact_shares(problem, settings) for settings in left[1:]],
        # the patient's range was worked out around the proposed settings alone, and on the record of then
        amplitude_range_ma=range_left(problem, history, left[0], answer.steps[place].amplitude_range_ma)
        if first == answer.settings
        else None,
        valid_until=row.valid_until,
        signature=None
        if decided.signature is None
        else SignatureView(**canonical.to_builtins(canonical.decode(Signature, decided.signature))),
    )


def _check_limits(problem: Problem, history: History, settings: Settings) -> None:
    """Hold approved settings against limits and closures of now: it is the record that changed, not the request."""
    try:
        check_applicable(problem, history, settings)
    except SettingsError as error:
        raise SettingsPastLimitError(
            error.field, error.problem, limit=error.limit, remedy="Program nothing; ask a clinician."
        ) from None


def _contact_shares(problem: Problem, settings: Settings) -> dict[str, float]:
    """Return the signed share of each contact under settings; a device with one configuration names none in them."""
    chosen = settings.as_dict().get(CONFIGURATION)
    configurations = problem.space.configurations
    return next((dict(each.shares) for each in configurations if chosen in (None, each.name)), {})


def check_programmable(ledger: Ledger, row: ProposalRow, decided: DecisionRow | None, status: Status) -> None:
    """Refuse with the reason, unless the life cycle allows to program a proposal now."""
    if status is Status.WITHDRAWN:
        raise ProposalWithdrawnError(
            "proposal",
            f"was withdrawn: {life_cycle.why_withdrawn(ledger, row)}",
            remedy="Program nothing; ask a clinician.",
        )
    if status is Status.EXPIRED:
        raise ProposalExpiredError("proposal", "is past its time", remedy="Program nothing; ask a clinician.")
    if status not in (*APPROVED, Status.APPLIED):
        raise ProposalNotApprovedError("proposal", f"is {status}", limit="approved or edited")
    # records of before may hold an approval that a later one did not take back
    if status in APPROVED and decided is not None and life_cycle.approved_since(ledger, decided):
        raise ProposalWithdrawnError(
            "proposal",
            f"was withdrawn: {life_cycle.SUPERSEDED}",
            remedy="Program nothing; ask a clinician.",
        )
    # an end takes approvals back; of a plan begun nothing waits to be taken back, and nothing goes on
    course_end.check_running(ledger.session, row.course_id)
    barrier = gate.to_program(ledger.session, ledger.course(row.course_id), ledger.now)
    if barrier is not None:
        raise barrier.error()
