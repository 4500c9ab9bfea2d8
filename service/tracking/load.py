"""Rows of the ledger -> the record of one course, as of one sequence."""

from typing import NamedTuple, TypedDict

from msgspec import UNSET, UnsetType
from sqlalchemy import select
from sqlalchemy.orm import Session

from optimizer import canonical
from optimizer.decision import Decision, Hold, Proposal, Stop
from optimizer.problem import Problem
from service.ledger import course_end
from service.ledger.amendments import Amendment
from service.ledger.history import (
    FACTS,
    decision_of,
    history_of,
    opened_problem_of,
    problem_of,
    stated_problem_of,
)
from service.ledger.life_cycle import Status, stands
from service.ledger.tables import (
    CourseRow,
    DecisionRow,
    Entry,
    PatientRow,
    ProposalRow,
    TrialRow,
    WithdrawalRow,
)
from service.tracking.record import CourseRecord, Decided, Ended


class _Owner(NamedTuple):
    course: CourseRow
    patient: PatientRow
    opened: Entry


def load(session: Session, course_id: str, *, up_to: int) -> CourseRecord:
    """Read everything the projection shows of a course.

    On PostgreSQL each query sees what was committed when it began. They agree all the same: each stops at ``up_to``, rows of
    the record never change, and sequences are the order of commits, so what commits meanwhile comes after it.

    Args:
        session: Any session.
        course_id: A course of the ledger.
        up_to: The last sequence to read.

    Returns:
        The record; equal ledgers give equal bytes.

    Raises:
        LookupError: If there is no such course.
    """
    owner = _owner(session, course_id)
    of_course = select(Entry).where(Entry.course_id == course_id, Entry.sequence <= up_to)
    facts = session.scalars(of_course.where(Entry.kind.in_(FACTS)).order_by(Entry.sequence)).all()
    corrections = tuple(canonical.decode(Amendment, e.body) for e in facts if e.kind == "amendment")
    applied = {
        row.id: row.proposal_id
        for row in session.scalars(
            select(TrialRow).where(TrialRow.course_id == course_id, TrialRow.sequence <= up_to)
        )
        if row.proposal_id is not None
    }
    ended = _ended(session, course_id, up_to)
    return CourseRecord(
        course_id=course_id,
        site=owner.course.site,
        patient=owner.patient.pseudonym,
        status="open" if ended is UNSET else "ended",
        opened_at=owner.opened.occurred_at,
        problem=problem_of(session, owner.course, up_to=up_to),
        history=history_of(session, course_id, up_to=up_to),
        decisions=_decisions(session, course_id, up_to, set(applied.values())),
        sequences={entry.id: entry.sequence for entry in facts},
        proposed_by=applied,
        amendments=corrections or UNSET,
        opened_under=_opened_under(session, owner.course, up_to),
        ended=ended,
    )


def _ended(session: Session, course_id: str, up_to: int) -> Ended | UnsetType:
    found = course_end.end_of(session, course_id, up_to=up_to)
    if found is None:
        return UNSET
    return Ended(sequence=found.sequence, occurred_at=found.occurred_at, reason=found.reason)


def _opened_under(session: Session, course: CourseRow, up_to: int) -> Problem | UnsetType:
    opened = opened_problem_of(course)
    return UNSET if stated_problem_of(session, course, up_to=up_to) == opened else opened


def _owner(session: Session, course_id: str) -> _Owner:
    row = session.execute(
        select(CourseRow, PatientRow, Entry)
        .join(PatientRow, PatientRow.id == CourseRow.patient_id)
        .join(Entry, Entry.sequence == CourseRow.sequence)
        .where(CourseRow.id == course_id)
    ).one_or_none()
    if row is None:
        raise LookupError("no such course in the ledger")
    return _Owner(*row)


def _decisions(session: Session, course_id: str, up_to: int, applied: set[str]) -> tuple[Decided, ...]:
    """Return what the optimiser answered, with where it stands by the record alone: as the API says, but for the time.

    What ran out without anybody's noticing is expired once that is written.
    """
    actions = {
        row.proposal_id: row.action
        for row in session.scalars(
            select(DecisionRow).where(DecisionRow.course_id == course_id, DecisionRow.sequence <= up_to)
        )
    }
    withdrawals = {
        row.proposal_id: row
        for row in session.scalars(
            select(WithdrawalRow).where(WithdrawalRow.course_id == course_id, WithdrawalRow.sequence <= up_to)
        )
    }

    def status(row: ProposalRow) -> Status:
        if row.kind != "proposal":
            return Status.ADVICE
        withdrawal = withdrawals.get(row.id)
        return stands(actions.get(row.id), withdrawal=withdrawal, applied=row.id in applied, late=False)

    rows = session.execute(
        select(ProposalRow, Entry.recorded_at)
        .join(Entry, Entry.sequence == ProposalRow.sequence)
        .where(ProposalRow.course_id == course_id, ProposalRow.sequence <= up_to)
        .order_by(ProposalRow.sequence)
    )
    return tuple(
        Decided(
            id=row.id,
            sequence=row.sequence,
            recorded_at=recorded_at,
            status=str(status(row)),
            **_part(decision_of(row)),
        )
        for row, recorded_at in rows
    )


class _Part(TypedDict, total=False):
    proposal: Proposal
    hold: Hold
    stop: Stop


def _part(decision: Decision) -> _Part:
    match decision:
        case Proposal():
            return {"proposal": decision}
        case Hold():
            return {"hold": decision}
        case Stop():
            return {"stop": decision}
