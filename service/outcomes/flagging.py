"""Hold a fact beside what is on record: every code of what to look at about it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from optimizer import canonical
from optimizer.decision import Proposal
from optimizer.history import History
from optimizer.problem import Problem
from optimizer.rating import ratings
from optimizer.space.settings import Settings
from optimizer.trial import Report, Trial
from service.ledger import course_end
from service.ledger.amendments import standing_trial
from service.ledger.history import decision_of, history_of
from service.ledger.ledger import Ledger
from service.ledger.life_cycle import decision_about, status_of
from service.ledger.plan import planned
from service.ledger.tables import CourseRow, ProposalRow, TrialRow
from service.outcomes import flags, report_flags
from service.outcomes.schemas import AppliedSettings, NewReport


def of_application(
    ledger: Ledger,
    course: CourseRow,
    problem: Problem,
    trial: Trial,
    new: AppliedSettings,
    *,
    proposal_id: str | None,
) -> list[str]:
    """Return the codes that hold of what was applied, in itself, as it was sent, and beside the proposal it followed."""
    history = history_of(ledger.session, course.id)
    found = flags.of_trial(
        problem, history, trial.applied.values, occurred_at=trial.occurred_at, now=ledger.now
    )
    found += flags.of_end(course_end.end_of(ledger.session, course.id), trial.occurred_at)
    found += flags.of_ramp(problem, trial) + _proposal_flags(ledger, history, proposal_id, trial, course.id)
    found += _zone_flags(new, new.occurred_at, new.ended_at)
    return sorted(set(found))


def of_reports(
    ledger: Ledger, problem: Problem, course_id: str, reports: Sequence[Report], sent: Sequence[NewReport]
) -> list[list[str]]:
    """Return the codes that hold of each report, in itself, as it was sent, and beside what is on record or came with it."""
    history = history_of(ledger.session, course_id)
    rated = _rated(history, problem, reports)
    known = {report_flags.said(report) for report in history.standing}
    found = []
    for report, new in zip(reports, sent, strict=True):
        trial = standing_trial(ledger.session, report.trial_id)
        codes = report_flags.of_report(report, trial, ledger.now)
        codes += report_flags.of_kind(problem, report) + report_flags.of_sites(problem, report, trial, rated)
        codes += report_flags.of_repeat(report, known) + _zone_flags(new, new.occurred_at)
        found.append(codes)
        known.add(report_flags.said(report))
    return found


def _proposal_flags(
    ledger: Ledger, history: History, proposal_id: str | None, trial: Trial, course_id: str
) -> list[str]:
    if proposal_id is None:
        return flags.of_status(None, was_approved=False)
    proposal = ledger.in_course(ProposalRow, course_id, proposal_id, "proposal_id")
    decision = decision_about(ledger, proposal.id)
    approved = decision is not None and decision.settings is not None
    found = flags.of_status(status_of(ledger, proposal), was_approved=approved)
    if proposal.valid_until is not None and trial.occurred_at > proposal.valid_until:
        found.append("past_validity")
    if decision is not None and decision.settings is not None:
        answer = decision_of(proposal)
        assert isinstance(answer, Proposal)  # noqa: S101 - it was approved
        plan = planned(answer, canonical.decode(Settings, decision.settings))
        found += flags.of_plan(plan, trial, _beside(ledger, history, proposal.id, trial))
    return found


def _beside(ledger: Ledger, history: History, proposal_id: str, trial: Trial) -> list[Trial]:
    """Return the other trials that followed a proposal, as they stand."""
    named = set(ledger.session.scalars(select(TrialRow.id).filter_by(proposal_id=proposal_id)))
    return [other for other in history.trials if other.id in named and other.id != trial.id]


def _rated(history: History, problem: Problem, new: Sequence[Report]) -> frozenset[report_flags.Moment]:
    """Return the moments rated in full, with what comes now; nothing where pain is one."""
    if not problem.objective.site_weights:
        return frozenset()
    standing = {trial.id for trial in history.trials}
    known = history.add(*(report for report in new if report.trial_id in standing))
    return frozenset(
        (facts.trial.id, rating.occurred_at, rating.posture)
        for facts in known.facts
        for rating in ratings(problem, facts)
    )


def _zone_flags(new: AppliedSettings | NewReport, *stated: datetime | None) -> list[str]:
    """Return the code that holds of times beside their zone, where one was stated."""
    return report_flags.of_zone(new.zone, stated) if "zone" in new.model_fields_set else []
