"""HTTP of the worklist."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from service.dependencies.requests import Reading, reads
from service.worklist import usecases
from service.worklist.schemas import Waiting, WorkItem

router = APIRouter(tags=["worklist"])
LARGEST_PAGE = 500


@router.get("/worklist", summary="Read what waits for a person")
def worklist(
    response: Response,
    read: Annotated[Reading, reads()],
    after: Annotated[int, Query(ge=0, lt=2**62)] = 0,
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = 100,
    kind: Annotated[list[Waiting] | None, Query(max_length=len(Waiting))] = None,
) -> list[WorkItem]:
    """Return what waits for a person at this site, oldest first; the ``Link`` header names the next page."""
    kinds = frozenset(kind or ())
    page = read.do(lambda ledger: usecases.worklist(ledger, after=after, limit=limit, kinds=kinds))
    if len(page) == limit:
        named = "".join(f"&kind={one}" for one in sorted(kinds))
        following = f"/v1/worklist?after={page[-1].sequence}&limit={limit}{named}"
        response.headers["Link"] = f'<{following}>; rel="next"'
    return page
