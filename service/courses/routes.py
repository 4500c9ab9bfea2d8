"""HTTP of courses."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from starlette.responses import Response

from service.courses import ending, listing, reviewing, usecases
from service.courses.ending_schemas import EndView, NewEnd
from service.courses.schemas import (
    CourseSummary,
    CourseView,
    EntryView,
    NewCourse,
    NewReview,
    RecommendationView,
    ReviewView,
)
from service.dependencies.requests import Reading, Writing, reads, writes
from service.dependencies.wire import IdText

router = APIRouter(tags=["courses"])
LARGEST_PAGE = 500


@router.post("/courses", summary="Open a course", status_code=201, response_model=CourseView)
def open_course(body: NewCourse, write: Annotated[Writing, writes()]) -> Response:
    """Open a course: a patient, a device, what the clinician allows, and where to start."""
    return write.once(lambda ledger: usecases.open_course(ledger, body)).response()


@router.get("/courses", summary="Find courses")
def listed(
    response: Response,
    read: Annotated[Reading, reads()],
    patient_id: Annotated[IdText | None, Query()] = None,
    is_open: Annotated[bool | None, Query(alias="open")] = None,
    after: Annotated[int, Query(ge=0, lt=2**62)] = 0,
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = 100,
) -> list[CourseSummary]:
    """List the courses of this site or of one patient, oldest first; ``open=true`` leaves out those that ended.

    The ``Link`` header names the next page.
    """
    page = read.do(
        lambda ledger: listing.listed(
            ledger, patient_id=patient_id, is_open=is_open, after=after, limit=limit
        )
    )
    if len(page) == limit:
        stated = {"patient_id": patient_id, "open": None if is_open is None else str(is_open).lower()}
        query = {name: value for name, value in stated.items() if value is not None}
        following = urlencode(query | {"after": page[-1].sequence, "limit": limit})
        response.headers["Link"] = f'</v1/courses?{following}>; rel="next"'
    return page


@router.get("/courses/{course_id}", summary="Read a course")
def find(course_id: str, read: Annotated[Reading, reads()]) -> CourseView:
    """Return a course."""
    return read.do(lambda ledger: usecases.view(ledger, course_id))


@router.post("/courses/{course_id}/end", summary="End a course", status_code=201, response_model=EndView)
def end(course_id: str, body: NewEnd, write: Annotated[Writing, writes()]) -> Response:
    """End a course, for good: what waits is withdrawn, nothing is proposed any more, late facts are still kept."""
    return write.once(lambda ledger: ending.end(ledger, course_id, body)).response()


@router.post(
    "/courses/{course_id}/reviews",
    summary="Review a severe report or a doubt",
    status_code=201,
    response_model=ReviewView,
)
def review(course_id: str, body: NewReview, write: Annotated[Writing, writes()]) -> Response:
    """Release a hold or a closure, with a coded reason; 409 where there is nothing to release."""
    return write.once(lambda ledger: reviewing.review(ledger, course_id, body)).response()


@router.get("/courses/{course_id}/history", summary="Export the history", response_class=Response)
def history(course_id: str, read: Annotated[Reading, reads()]) -> Response:
    """Return the canonical JSON of the course's history: the file `titrate propose` reads."""
    document, digest = read.do(lambda ledger: usecases.history_document(ledger, course_id))
    return Response(document, headers={"ETag": f'"{digest}"'}, media_type="application/json")


@router.get("/courses/{course_id}/problem", summary="Export the problem", response_class=Response)
def problem(course_id: str, read: Annotated[Reading, reads()]) -> Response:
    """Return the canonical JSON of the course's problem: the other file `titrate propose` reads."""
    document, fingerprint = read.do(lambda ledger: usecases.problem_document(ledger, course_id))
    return Response(document, headers={"ETag": f'"{fingerprint}"'}, media_type="application/json")


@router.get("/courses/{course_id}/recommendation", summary="Read what to keep")
def recommendation(course_id: str, read: Annotated[Reading, reads()]) -> RecommendationView:
    """Return what to keep as things stand."""
    return read.do(lambda ledger: usecases.recommendation(ledger, course_id))


@router.get("/courses/{course_id}/timeline", summary="Read all facts in order")
def timeline(
    course_id: str,
    response: Response,
    read: Annotated[Reading, reads()],
    after: Annotated[int, Query(ge=0, lt=2**62)] = 0,
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = 100,
) -> list[EntryView]:
    """Return everything on record about a course, in order; the ``Link`` header names the next page."""
    page = read.do(lambda ledger: usecases.timeline(ledger, course_id, after=after, limit=limit))
    if len(page) == limit:
        following = f"/v1/courses/{course_id}/timeline?after={page[-1].sequence}&limit={limit}"
        response.headers["Link"] = f'<{following}>; rel="next"'
    return page
