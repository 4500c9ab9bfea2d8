"""HTTP of stops."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from service.dependencies.requests import Reading, Writing, reads, writes
from service.patients import stops
from service.patients.stop_schemas import NewRelease, NewStop, StopView

router = APIRouter(tags=["stops"])


@router.post("/stops", summary="Stop one patient or the site", status_code=201, response_model=StopView)
def stop(body: NewStop, write: Annotated[Writing, writes()]) -> Response:
    """Stop everything for one patient, or for the whole site."""
    return write.once(lambda ledger: stops.stop(ledger, body)).response()


@router.get("/stops", summary="List stops")
def listed(
    response: Response,
    read: Annotated[Reading, reads()],
    after: Annotated[int, Query(ge=0, lt=2**62)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[StopView]:
    """List the stops of this site, released ones included; the ``Link`` header names the next page."""
    page = read.do(lambda ledger: stops.listed(ledger, after=after, limit=limit))
    if len(page) == limit:
        response.headers["Link"] = f'</v1/stops?after={page[-1].sequence}&limit={limit}>; rel="next"'
    return page


@router.get("/stops/{stop_id}", summary="Read a stop")
def find(stop_id: str, read: Annotated[Reading, reads()]) -> StopView:
    """Return a stop."""
    return read.do(lambda ledger: stops.find(ledger, stop_id))


@router.post("/stops/{stop_id}/releases", summary="Release a stop", status_code=201, response_model=StopView)
def release(stop_id: str, body: NewRelease, write: Annotated[Writing, writes()]) -> Response:
    """Release a stop."""
    return write.once(lambda ledger: stops.release(ledger, stop_id, body)).response()
