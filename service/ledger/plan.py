"""What is left of an approved plan: its steps in order, each once, while nothing came that it did not reckon with."""

from contextlib import suppress

from sqlalchemy import select

from optimizer import canonical
from optimizer.decision import Proposal
from optimizer.history import History
from optimizer.problem import Problem
from optimizer.safety.tolerance import is_tolerated
from optimizer.space.settings import Settings
from optimizer.trial import UNSTIMULATED, Measure, RungOutcome
from service.errors import ProposalAppliedError, ProposalExpiredError, StepUnratedError
from service.ledger import amendments, gate, life_cycle
from service.ledger.history import decision_of, history_of
from service.ledger.ledger import Ledger
from service.ledger.life_cycle import SEVERE_REPORT, SUPERSEDED, TRIAL_AMENDED
from service.ledger.tables import DecisionRow, ProposalRow, TrialRow

NOT_TOLERATED, DIFFERS = "not_tolerated", "differs_from_approval"
"""Why the rest of a plan is void, beside an amendment, a later approval and a severe report in another course."""


def planned(answer: Proposal, first: Settings) -> tuple[Settings, ...]:
    """Return what a decision allows to apply, in order.

    Args:
        answer: The plan as proposed.
        first: Its first settings as approved or edited; edited ones stand alone, as the rest was planned after others.
    """
    return tuple(step.settings for step in answer.steps) if first == answer.settings else (first,)


def goes_on(
    ledger: Ledger, row: ProposalRow, decided: DecisionRow, *, problem: Problem, history: History
) -> bool:
    """Return whether an applied proposal is a plan with steps that may still be applied; arguments as :func:`n_applied`."""
    answer = decision_of(row)
    assert isinstance(answer, Proposal)  # noqa: S101 - it was approved
    plan = planned(answer, canonical.decode(Settings, decided.settings or ""))
    at_approval = history_of(ledger.session, row.course_id, up_to=decided.sequence)
    try:
        with suppress(StepUnratedError):  # it goes on once that was told
            n_applied(ledger, row, decided, plan, problem=problem, history=history, at_approval=at_approval)
    except (ProposalAppliedError, ProposalExpiredError):
        return False
    return True


def n_applied(
    ledger: Ledger,
    row: ProposalRow,
    decided: DecisionRow,
    plan: tuple[Settings, ...],
    *,
    problem: Problem,
    history: History,
    at_approval: History,
) -> int:
    """Return how many steps of an applied proposal were applied, where it may go on.

    Args:
        ledger: The transaction at hand.
        row: A proposal that was approved and applied.
        decided: Its approval.
        plan: Its steps, from :func:`planned`.
        problem: The course's problem.
        history: Everything recorded by now.
        at_approval: What was on record at the approval.

    Raises:
        ProposalAppliedError: If no step is left, or the rest is void.
        ProposalExpiredError: If the rest is past its time.
        StepUnratedError: If it goes on once somebody says how its last step was borne.
    """
    named = set(ledger.session.scalars(select(TrialRow.id).filter_by(proposal_id=row.id)))
    if len(named) >= len(plan):
        raise ProposalAppliedError("proposal", "was applied", remedy="Program nothing; ask again.")
    reason = _void(ledger, decided)
    if reason is None and _harmed_since(at_approval, problem, history):
        reason = NOT_TOLERATED
    # what was stored with stimulation off was not on: it is no step of the plan
    applied = tuple(
        None if trial.kind in UNSTIMULATED else trial.applied.settings
        for trial in history.trials
        if trial.id in named
    )
    if reason is None and applied != plan[: len(named)]:
        reason = DIFFERS
    if reason is not None:
        raise ProposalAppliedError(
            "proposal",
            f"was applied in part, and the rest is void: {reason}",
            remedy="Program nothing; ask again.",
        )
    if life_cycle.is_late(ledger, row):
        raise ProposalExpiredError("proposal", "is past its time", remedy="Program nothing; ask a clinician.")
    _check_borne(problem, history, named)
    return len(named)


def _check_borne(problem: Problem, history: History, named: set[str]) -> None:
    """Refuse the next step until the last one applied is known to have been borne: its reach rests on that."""
    applied = (facts for facts in history.facts if facts.trial.id in named)
    last = max(applied, key=lambda facts: (facts.trial.occurred_at, facts.trial.recorded_at))
    if not is_tolerated(problem, last):
        raise StepUnratedError(
            "proposal",
            "goes on once the step applied last was reported as tolerated",
            remedy="Report how it was borne, then read this again.",
        )


def _void(ledger: Ledger, decided: DecisionRow) -> str | None:
    """Return the code of the later approval, the correction or the harm elsewhere that voids the rest of a plan, or None.

    As of harm, it only grows on record, so that no review, retraction or correction brings the rest of a plan back.
    """
    if life_cycle.approved_since(ledger, decided):
        return SUPERSEDED
    if amendments.amended_since(ledger.session, decided.course_id, decided.sequence):
        return TRIAL_AMENDED
    harmed = gate.harmed_elsewhere_since(ledger.session, ledger.course(decided.course_id), decided.sequence)
    return SEVERE_REPORT if harmed else None


def _harmed_since(before: History, problem: Problem, history: History) -> bool:
    """Return whether an intolerable report or a ramp that met discomfort came since, amended later or not."""
    known = {trial.id for trial in before.trials} | {report.id for report in before.reports}
    reported = any(
        report.measure is Measure.SIDE_EFFECT
        and report.value is not None
        and problem.is_intolerable(report.kind, report.value)
        for report in history.reports
        if report.id not in known
    )
    ramps = [trial.ramp for trial in history.trials if trial.id not in known]
    return reported or any(rung.outcome is RungOutcome.DISCOMFORT for ramp in ramps for rung in ramp)
