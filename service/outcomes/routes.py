"""HTTP of what was applied and reported."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from service.dependencies.requests import Writing, writes
from service.outcomes import amending, usecases
from service.outcomes.schemas import (
    AmendmentView,
    NewAmendment,
    NewReport,
    NewReports,
    NewTrial,
    ReportsView,
    TrialView,
)

router = APIRouter(tags=["outcomes"])


@router.post(
    "/courses/{course_id}/trials",
    summary="Record applied settings",
    status_code=201,
    response_model=TrialView,
)
def record_trial(course_id: str, body: NewTrial, write: Annotated[Writing, writes()]) -> Response:
    """Record what was applied, with its ramp."""
    return write.once(lambda ledger: usecases.record_trial(ledger, course_id, body)).response()


@router.post(
    "/trials/{trial_id}/amendments",
    summary="Correct applied settings",
    status_code=201,
    response_model=AmendmentView,
)
def amend_trial(trial_id: str, body: NewAmendment, write: Annotated[Writing, writes()]) -> Response:
    """Correct what was applied, or take it back; what was said before stays on record."""
    return write.once(lambda ledger: amending.amend_trial(ledger, trial_id, body)).response()


@router.post(
    "/trials/{trial_id}/reports", summary="Report one rating", status_code=201, response_model=ReportsView
)
def report_one(trial_id: str, body: NewReport, write: Annotated[Writing, writes()]) -> Response:
    """Report one outcome of a trial."""
    patient_id = write.principal.patient_id
    answer = write.once(lambda ledger: usecases.report_one(ledger, trial_id, body, patient_id=patient_id))
    return answer.response()


@router.post(
    "/courses/{course_id}/reports", summary="Report many ratings", status_code=201, response_model=ReportsView
)
def report_many(course_id: str, body: NewReports, write: Annotated[Writing, writes()]) -> Response:
    """Report many outcomes at once: all are stored, or none."""
    patient_id = write.principal.patient_id
    named = [(report.trial_id, report) for report in body.reports]
    answer = write.once(lambda ledger: usecases.report_many(ledger, course_id, named, patient_id=patient_id))
    return answer.response()
