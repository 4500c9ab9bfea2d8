"""Record what was applied and what the patient reported."""

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from optimizer import canonical
from optimizer.decision import Proposal
from optimizer.errors import OutcomeScaleError, TrialOrderError
from optimizer.history import applied, check_report
from optimizer.problem import Problem
from optimizer.rating import ratings
from optimizer.safety.tolerance import is_severe
from optimizer.space.settings import Settings
from optimizer.trial import Report, Rung, Trial
from service.dependencies.requests import Answer
from service.errors import NotFoundError, ReasonRequiredError
from service.ledger import course_end, drafts
from service.ledger.amendments import standing_trial
from service.ledger.history import decision_of, history_of, problem_of
from service.ledger.ledger import Ledger
from service.ledger.life_cycle import decision_about, status_of, withdraw_all
from service.ledger.plan import planned
from service.ledger.tables import CourseRow, ProposalRow, ReportRow, TrialRow
from service.outcomes import flags
from service.outcomes.schemas import (
    AmendmentReason,
    AppliedSettings,
    NewReport,
    NewTrial,
    ReportsView,
    ReportView,
    TrialView,
)


def record_trial(ledger: Ledger, course_id: str, new: NewTrial) -> Answer:
    """Put on record what was applied.

    Raises:
        NotFoundError: If the course, or the proposal within it, is not known here.
        UnknownParameterError: If the values are not settings of the course's device at all.
        TrialOrderError: If it ends before it begins.
    """
    course = ledger.course(course_id)
    problem = problem_of(ledger.session, course)
    trial = trial_from(problem, new, trial_id=ledger.new_id(), now=ledger.now)
    found = flags_of(ledger, course, problem, trial, proposal_id=new.proposal_id)
    row = TrialRow(id=trial.id, course_id=course.id, proposal_id=new.proposal_id, flags=json.dumps(found))
    ledger.append("trial", row, trial, course_id=course.id, occurred_at=trial.occurred_at)
    view = TrialView(
        id=trial.id,
        course_id=course.id,
        proposal_id=new.proposal_id,
        settings=trial.applied.values,
        on_grid=trial.applied.settings is not None,
        flags=found,
        occurred_at=trial.occurred_at,
        recorded_at=ledger.now,
    )
    return Answer(status=201, body=view)


def trial_from(problem: Problem, new: AppliedSettings, *, trial_id: str, now: datetime) -> Trial:
    """Return what was applied as a fact; the same errors as :func:`record_trial`."""
    values = {name: float(v) if isinstance(v, int | float) else v for name, v in new.settings.items()}
    flags.check_shape(problem, values)
    return Trial(
        id=trial_id,
        applied=applied(problem, values),
        occurred_at=new.occurred_at,
        recorded_at=now,
        ended_at=new.ended_at,
        kind=new.kind,
        ramp=tuple(Rung(amplitude_ma=float(r.amplitude_ma), outcome=r.outcome) for r in new.ramp),
        in_clinic=new.in_clinic,
        source=new.source,
        zone=new.zone,
    )


def flags_of(
    ledger: Ledger, course: CourseRow, problem: Problem, trial: Trial, *, proposal_id: str | None
) -> list[str]:
    """Return the codes that hold of what was applied, in itself and beside the proposal it followed."""
    history = history_of(ledger.session, course.id)
    found = flags.of_trial(
        problem, history, trial.applied.values, occurred_at=trial.occurred_at, now=ledger.now
    )
    found += flags.of_end(course_end.end_of(ledger.session, course.id), trial.occurred_at)
    return sorted(found + _proposal_flags(ledger, course.id, proposal_id, trial))


def report_one(ledger: Ledger, trial_id: str, new: NewReport, *, patient_id: str | None) -> Answer:
    """Put one rating of a trial on record; see :func:`report_many`."""
    course_id = ledger.course_of_trial(trial_id).id
    return report_many(ledger, course_id, [(trial_id, new)], patient_id=patient_id)


def report_many(
    ledger: Ledger, course_id: str, new: Sequence[tuple[str, NewReport]], *, patient_id: str | None
) -> Answer:
    """Put ratings on record, all or none; a severe one withdraws what it makes indefensible, any queues the next draft.

    Args:
        ledger: The transaction at hand.
        course_id: The course.
        new: Trial ids with their ratings.
        patient_id: The one patient the caller may write for; None for callers of the site.

    Returns:
        What was stored and what was withdrawn.

    Raises:
        NotFoundError: If the course is not known here or not the patient's own, or a trial or amended report is not of it.
        OutcomeScaleError: If a value is off its declared scale.
        TrialOrderError: If a value is missing without a report it amends.
        ReasonRequiredError: If a report amends another without saying why.
    """
    course = ledger.course(course_id)
    if patient_id is not None and course.patient_id != patient_id:
        raise NotFoundError("course", "is not known here", remedy="Check the id.")
    problem = problem_of(ledger.session, course)
    reports = _reports(ledger, course.id, problem, new)
    rated = _rated(ledger, course.id, problem, reports)
    views: list[ReportView] = []
    withdrawn: list[str] = []
    for report, (_, item) in zip(reports, new, strict=True):
        severe = is_severe(problem, report)
        trial = standing_trial(ledger.session, report.trial_id)
        found = flags.of_report(report, trial, ledger.now)
        found += flags.of_sites(problem, report, trial, rated)
        row = ReportRow(
            id=report.id,
            course_id=course.id,
            trial_id=report.trial_id,
            amends=report.amends,
            severe=severe,
            flags=json.dumps(found),
            reason=item.reason,
        )
        ledger.append("report", row, report, course_id=course.id, occurred_at=report.occurred_at)
        if severe:
            withdrawn += _withdrawn(ledger, course, report.id)
        views.append(_view(ledger, report, severe=severe, found=found))
    drafts.queue(ledger.session, course.id, ledger.now)
    return Answer(status=201, body=ReportsView(reports=views, withdrawn_proposals=withdrawn))


def _withdrawn(ledger: Ledger, course: CourseRow, report_id: str) -> list[str]:
    """Take back what a severe report makes indefensible, in every course of the patient."""
    courses = select(CourseRow.id).filter_by(patient_id=course.patient_id).order_by(CourseRow.sequence)
    return [
        taken
        for course_id in ledger.session.scalars(courses)
        for taken in withdraw_all(ledger, course_id, cause_id=report_id)
    ]


def _reports(
    ledger: Ledger, course_id: str, problem: Problem, new: Sequence[tuple[str, NewReport]]
) -> list[Report]:
    """Return ratings as they will be on record; errors as of :func:`report_many`, with the place among many."""
    found = []
    for index, (trial_id, item) in enumerate(new):
        try:
            found.append(_report(ledger, course_id, problem, trial_id, item))
        except (NotFoundError, OutcomeScaleError, ReasonRequiredError, TrialOrderError) as error:
            raise _named(error, index) if len(new) > 1 else error from None
    return found


def _named(
    error: NotFoundError | OutcomeScaleError | ReasonRequiredError | TrialOrderError, index: int
) -> NotFoundError | OutcomeScaleError | ReasonRequiredError | TrialOrderError:
    """Return the same error with the place of its report among many."""
    field = f"reports.{index}.{error.field.removeprefix('report.')}"
    return type(error)(field, error.problem, limit=error.limit, remedy=error.remedy)


def _report(ledger: Ledger, course_id: str, problem: Problem, trial_id: str, new: NewReport) -> Report:
    ledger.in_course(TrialRow, course_id, trial_id, "trial")
    if (new.amends is None) != (new.reason is None):
        raise ReasonRequiredError(
            "reason", "is due with amends, and only there", limit=", ".join(AmendmentReason)
        )
    if new.amends is not None:
        amended = ledger.in_course(ReportRow, course_id, new.amends, "amends")
        if amended.trial_id != trial_id:
            raise TrialOrderError("amends", "names a report of another trial")
    report = Report(
        id=ledger.new_id(),
        trial_id=trial_id,
        measure=new.measure,
        kind=new.kind,
        value=None if new.value is None else float(new.value),
        occurred_at=new.occurred_at,
        recorded_at=ledger.now,
        posture=new.posture,
        stimulation_on=new.stimulation_on,
        recall=new.recall,
        zone=new.zone,
        amends=new.amends,
    )
    check_report(problem, report)
    return report


def _rated(
    ledger: Ledger, course_id: str, problem: Problem, new: Sequence[Report]
) -> frozenset[flags.Moment]:
    """Return the moments rated in full, with what comes now; nothing where pain is one."""
    if not problem.objective.site_weights:
        return frozenset()
    known = history_of(ledger.session, course_id)
    standing = {trial.id for trial in known.trials}
    known = known.add(*(report for report in new if report.trial_id in standing))
    return frozenset(
        (facts.trial.id, rating.occurred_at, rating.posture)
        for facts in known.facts
        for rating in ratings(problem, facts)
    )


def _view(ledger: Ledger, report: Report, *, severe: bool, found: list[str]) -> ReportView:
    return ReportView(
        id=report.id,
        trial_id=report.trial_id,
        measure=report.measure,
        kind=report.kind,
        severe=severe,
        flags=found,
        recorded_at=ledger.now,
    )


def _proposal_flags(ledger: Ledger, course_id: str, proposal_id: str | None, trial: Trial) -> list[str]:
    if proposal_id is None:
        return flags.of_status(None, was_approved=False)
    proposal = ledger.in_course(ProposalRow, course_id, proposal_id, "proposal_id")
    decision = decision_about(ledger, proposal.id)
    approved = decision is not None and decision.settings is not None
    found = flags.of_status(status_of(ledger, proposal), was_approved=approved)
    if proposal.valid_until is not None and trial.occurred_at > proposal.valid_until:
        found.append("past_validity")
    if decision is not None and decision.settings is not None:
        chosen = canonical.decode(Settings, decision.settings)
        answer = decision_of(proposal)
        assert isinstance(answer, Proposal)  # noqa: S101 - it was approved
        if trial.applied.settings not in planned(answer, chosen):
            found.append("differs_from_approval")
    return found
