"""HTTP of what lets a course go on: envelope, checks, version."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from service.courses import changes, standing
from service.courses.standing_schemas import (
    MigrationView,
    NewConfirmation,
    NewMigration,
    NewPreflight,
    NewProblem,
    PreflightView,
    ProblemView,
)
from service.dependencies.requests import Reading, Writing, reads, writes

router = APIRouter(tags=["courses"])


@router.post(
    "/courses/{course_id}/problems",
    summary="Change envelope or limits",
    status_code=201,
    response_model=ProblemView,
)
def change(course_id: str, body: NewProblem, write: Annotated[Writing, writes()]) -> Response:
    """Change envelope or limits: tighter at once, looser once a second person confirms it."""
    return write.once(lambda ledger: changes.change(ledger, course_id, body)).response()


@router.post(
    "/courses/{course_id}/problems/{problem_id}/confirmations",
    summary="Confirm a looser envelope",
    status_code=201,
    response_model=ProblemView,
)
def confirm(
    course_id: str, problem_id: str, body: NewConfirmation, write: Annotated[Writing, writes()]
) -> Response:
    """Confirm a looser envelope, as the second person."""
    return write.once(lambda ledger: changes.confirm(ledger, course_id, problem_id, body)).response()


@router.post(
    "/courses/{course_id}/preflights",
    summary="Record device checks",
    status_code=201,
    response_model=PreflightView,
)
def record(course_id: str, body: NewPreflight, write: Annotated[Writing, writes()]) -> Response:
    """Record checks of device and patient."""
    return write.once(lambda ledger: standing.record_preflight(ledger, course_id, body)).response()


@router.get("/courses/{course_id}/preflights", summary="Read where device checks stand")
def checks(course_id: str, read: Annotated[Reading, reads()]) -> PreflightView:
    """Return what the device asks for and where it stands."""
    return read.do(lambda ledger: standing.view_preflight(ledger, course_id))


@router.post(
    "/courses/{course_id}/migrations",
    summary="Go on under a new optimiser",
    status_code=201,
    response_model=MigrationView,
)
def migrate(course_id: str, body: NewMigration, write: Annotated[Writing, writes()]) -> Response:
    """Let a course go on under the installed optimiser after an upgrade."""
    return write.once(lambda ledger: standing.migrate(ledger, course_id, body)).response()
