"""HTTP of the trail."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from starlette.responses import Response

from service.dependencies.requests import Reading, reads
from service.dependencies.wire import At
from service.trail import usecases
from service.trail.schemas import LineView, Of

router = APIRouter(tags=["audit"])
LARGEST_PAGE = 500


@router.get("/audit", summary="Read who did what")
def lines(
    response: Response,
    read: Annotated[Reading, reads()],
    of: Of = Of.WRITES,
    principal: Annotated[str | None, Query(max_length=64, pattern=r"^[\x20-\x7e]+$")] = None,
    since: Annotated[At | None, Query()] = None,
    after: Annotated[int, Query(ge=0, lt=2**62)] = 0,
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = 100,
) -> list[LineView]:
    """Return who did what, or read what, in order; the ``Link`` header names the next page."""
    page = read.do(
        lambda ledger: usecases.lines(ledger, of, principal=principal, since=since, after=after, limit=limit)
    )
    if len(page) == limit:
        stated = {"of": of, "principal": principal, "since": since and since.isoformat()}
        query = {name: value for name, value in stated.items() if value is not None}
        following = urlencode(query | {"after": page[-1].sequence, "limit": limit})
        response.headers["Link"] = f'</v1/audit?{following}>; rel="next"'
    return page
