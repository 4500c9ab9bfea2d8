"""Compute a stored answer again from the record as it was, and hold it against the stored bytes. Loads torch: commands only."""

import json
from dataclasses import dataclass

import torch
from sqlalchemy import select
from sqlalchemy.orm import Session

from optimizer import canonical
from optimizer.ask import Ask
from optimizer.decision import Decision, Hold, decode_decision
from service.db.engine import Database
from service.errors import NotFoundError
from service.ledger import gate, optimizer_version
from service.ledger.history import history_of, problem_of
from service.ledger.tables import AskRow, CourseRow, ProposalRow
from service.proposals import answering
from service.proposals.compute_process import answer

PROCESSOR = "processor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What came out, beside what is on record."""

    identical: bool
    """Bit for bit."""
    by: str
    """Who answered: ``optimizer``, ``service`` (a hold before the optimiser is asked) or ``fallback`` with its cause."""
    differs: dict[str, tuple[str, str]]
    """Package, or the processor's capability -> (recorded, present), where they differ."""
    error: str | None = None
    """Code of what failed this time."""


def replay(database: Database, proposal_id: str) -> Replayed:
    """Compute a stored proposal, hold or stop again.

    Args:
        database: The record; nothing is written.
        proposal_id: Any answer of the optimiser or the service.

    Returns:
        Whether the bytes are the same, and what differs in versions.

    Raises:
        NotFoundError: If there is no such answer.
    """
    torch.set_num_threads(1)
    with database.read() as session:
        found = session.execute(
            select(ProposalRow, AskRow, CourseRow)
            .join(AskRow, AskRow.id == ProposalRow.ask_id)
            .join(CourseRow, CourseRow.id == ProposalRow.course_id)
            .where(ProposalRow.id == proposal_id)
        ).first()
        if found is None:
            raise NotFoundError("proposal", "is not in this ledger", remedy="Check the id.")
        row, asked, course = found
        stored = decode_decision(row.decision)
        by, document, error = _again(session, row, asked, course, stored)
    return Replayed(
        identical=document == row.decision, by=by, differs=_differences(asked, stored), error=error
    )


def _again(
    session: Session, row: ProposalRow, asked: AskRow, course: CourseRow, stored: Decision
) -> tuple[str, str | None, str | None]:
    """Return who answered, the document that comes out now, and the code of what failed."""
    if isinstance(stored, Hold) and stored.reason in gate.REASONS:
        return "service", _held(session, asked, course), None
    if row.fallback is not None:
        return (
            f"fallback, {row.fallback}",
            answering.fallback_hold(session, asked.id, up_to=row.sequence),
            None,
        )
    reply = json.loads(answer(answering.request_of(session, asked.id)))
    return "optimizer", reply.get("decision"), reply.get("error")


def _held(session: Session, asked: AskRow, course: CourseRow) -> str | None:
    ask = canonical.decode(Ask, asked.ask)
    barrier = gate.to_ask(session, course, ask.at, up_to=asked.sequence, present=asked.optimizer)
    if barrier is None:
        return None
    problem = problem_of(session, course, up_to=asked.sequence)
    history = history_of(session, course.id, up_to=asked.sequence)
    return canonical.encode(barrier.hold(problem, history, ask)).decode()


def _differences(asked: AskRow, stored: Decision) -> dict[str, tuple[str, str]]:
    differs = optimizer_version.difference(asked.optimizer, optimizer_version.installed())
    basis = stored.basis
    here = torch.backends.cpu.get_cpu_capability()
    if basis is not None and basis.processor != here:
        differs[PROCESSOR] = (basis.processor, here)
    return differs
