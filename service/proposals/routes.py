"""HTTP of asks, answers and decisions."""

from typing import Annotated, Any

from fastapi import APIRouter, Header
from starlette.responses import Response

from service.dependencies.context import Services
from service.dependencies.requests import Answer, Reading, Writing, reads, writes
from service.proposals import deciding, programming, usecases
from service.proposals.schemas import AnswerView, NewAsk, NewDecision, PendingView, ProgramView

router = APIRouter(tags=["proposals"])
STANDING: dict[int | str, dict[str, Any]] = {
    200: {"model": AnswerView, "description": "The answer on record still holds."}
}
PENDING: dict[int | str, dict[str, Any]] = {
    202: {"model": PendingView, "description": "Being computed; look at Location."}
}


@router.post(
    "/courses/{course_id}/asks",
    summary="Ask for the next settings",
    status_code=201,
    response_model=AnswerView,
    responses=STANDING | PENDING,
)
def ask(course_id: str, body: NewAsk, write: Annotated[Writing, writes()]) -> Response:
    """Ask for the next settings.

    201 with the answer; 200 where the answer on record still holds; 202 where computing takes longer than the cap.
    """
    asked = write.once(lambda ledger: usecases.ask(ledger, course_id, body))
    plain = asked.body
    assert isinstance(plain, dict)  # noqa: S101 - it is what `ask` answers
    reading = Reading(services=write.services, principal=write.principal)
    if not plain["existing"]:
        write.services.compute.submit(plain["ask_id"])
    seen = _wait(reading, write.services, course_id, plain["ask_id"])
    return _response(seen, course_id, plain["ask_id"], status=200 if plain["existing"] else 201)


@router.get(
    "/courses/{course_id}/asks/{ask_id}",
    summary="Read the answer to an ask",
    response_model=AnswerView,
    responses=PENDING,
)
def look(course_id: str, ask_id: str, read: Annotated[Reading, reads()]) -> Response:
    """Look whether an ask is answered."""
    return _response(_seen(read, course_id, ask_id), course_id, ask_id, status=200)


@router.get("/proposals/{proposal_id}/program", summary="Read what to program")
def program(proposal_id: str, read: Annotated[Reading, reads()]) -> ProgramView:
    """Return what may be programmed now; 409 with the reason where nothing may."""
    return read.do(lambda ledger: programming.program(ledger, proposal_id))


@router.get("/proposals/{proposal_id}", summary="Read a proposal")
def find(proposal_id: str, response: Response, read: Annotated[Reading, reads()]) -> AnswerView:
    """Return an answer and where it stands."""
    seen = read.do(lambda ledger: usecases.find(ledger, proposal_id))
    response.headers["ETag"] = seen.etag
    return seen


@router.post(
    "/proposals/{proposal_id}/decisions",
    summary="Approve, edit or reject",
    status_code=201,
    response_model=AnswerView,
)
def decide(
    proposal_id: str,
    body: NewDecision,
    write: Annotated[Writing, writes()],
    if_match: Annotated[str | None, Header(description="The etag of the proposal as seen.")] = None,
) -> Response:
    """Approve, edit or reject a proposal; one decision, for good."""
    return write.once(lambda ledger: deciding.decide(ledger, proposal_id, body, if_match=if_match)).response()


def _wait(reading: Reading, services: Services, course_id: str, ask_id: str) -> AnswerView | None:
    with services.compute.awaiting(ask_id) as answered:
        seen = _seen(reading, course_id, ask_id)
        if seen is None:
            answered.wait(services.settings.ask_wait_s)
            # also where nobody told us: another process of the service may have answered
            seen = _seen(reading, course_id, ask_id)
    return seen


def _seen(reading: Reading, course_id: str, ask_id: str) -> AnswerView | None:
    return reading.do(lambda ledger: usecases.answer_to(ledger, course_id, ask_id))


def _response(seen: AnswerView | None, course_id: str, ask_id: str, *, status: int) -> Response:
    if seen is None:
        headers = {"Location": f"/v1/courses/{course_id}/asks/{ask_id}", "Retry-After": "1"}
        return Answer(
            status=202, body=PendingView(ask_id=ask_id, course_id=course_id), headers=headers
        ).response()
    return Answer(
        status=status,
        body=seen,
        headers={"ETag": seen.etag, "Location": f"/v1/proposals/{seen.id}"},
    ).response()
