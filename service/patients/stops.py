"""Stop everything for one patient or the whole site: nothing is proposed, approved or programmed until a release."""

from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import aliased

from service.dependencies.requests import Answer
from service.errors import NotFoundError, StopReleasedError
from service.ledger.course_tables import StopReleaseRow, StopRow
from service.ledger.identity import is_id
from service.ledger.ledger import Ledger
from service.ledger.tables import Entry
from service.patients.stop_schemas import NewRelease, NewStop, StopView


def stop(ledger: Ledger, new: NewStop) -> Answer:
    """Put a stop on record; it counts from here on. A second one beside it must be released too.

    Raises:
        NotFoundError: If the patient is not known here.
    """
    patient_id = None if new.patient_id is None else ledger.patient(new.patient_id).id
    row = StopRow(id=ledger.new_id(), site=ledger.site, patient_id=patient_id, reason=new.reason)
    body = {"patient_id": patient_id, "reason": row.reason, "signed_by": new.signed_by}
    ledger.append("stop", row, body)
    return Answer(status=201, body=find(ledger, row.id))


def release(ledger: Ledger, stop_id: str, new: NewRelease) -> Answer:
    """Put the end of a stop on record.

    Raises:
        NotFoundError: If the stop is not known here.
        StopReleasedError: If it was released.
    """
    row = _row(ledger, stop_id)
    if ledger.session.scalar(select(StopReleaseRow.id).filter_by(stop_id=row.id)) is not None:
        raise StopReleasedError("stop", "was released", remedy="Read it.")
    released = StopReleaseRow(id=ledger.new_id(), stop_id=row.id, reason=new.reason)
    body = {"reason": released.reason, "signed_by": new.signed_by, "stop_id": row.id}
    ledger.append("stop_release", released, body)
    return Answer(status=201, body=find(ledger, row.id))


def find(ledger: Ledger, stop_id: str) -> StopView:
    """Return a stop of this site."""
    row = _row(ledger, stop_id)
    return _view(ledger.session.execute(_told().where(StopRow.sequence == row.sequence)).one())


def listed(ledger: Ledger, *, after: int, limit: int) -> list[StopView]:
    """Return the stops of this site, released ones included, in order, after a sequence."""
    page = _told().where(StopRow.site == ledger.site, StopRow.sequence > after)
    return [_view(told) for told in ledger.session.execute(page.order_by(StopRow.sequence).limit(limit))]


def _row(ledger: Ledger, stop_id: str) -> StopRow:
    found = (
        ledger.session.scalar(select(StopRow).filter_by(id=stop_id, site=ledger.site))
        if is_id(stop_id)
        else None
    )
    if found is None:
        raise NotFoundError("stop", "is not known here", remedy="Check the id.")
    return found


def _told() -> Select[StopRow, Entry, str, Entry]:
    """Return a query of (stop, entry of the stop, reason of its release, entry of the release)."""
    began, ended = aliased(Entry), aliased(Entry)
    return (
        select(StopRow, began, StopReleaseRow.reason, ended)
        .join(began, began.sequence == StopRow.sequence)
        .outerjoin(StopReleaseRow, StopReleaseRow.stop_id == StopRow.id)
        .outerjoin(ended, ended.sequence == StopReleaseRow.sequence)
    )


def _view(told: Any) -> StopView:
    row, began, release_reason, ended = told
    return StopView(
        id=row.id,
        sequence=row.sequence,
        patient_id=row.patient_id,
        reason=row.reason,
        stopped_by=began.principal,
        stopped_at=began.recorded_at,
        released_by=None if ended is None else ended.principal,
        released_at=None if ended is None else ended.recorded_at,
        release_reason=release_reason,
    )
