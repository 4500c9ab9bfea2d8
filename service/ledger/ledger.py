"""The one door to write the record: a fact, its header and its outbox row, in the transaction at hand."""

import hashlib
from datetime import datetime
from typing import TypeVar

import rfc8785
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from optimizer import canonical
from service.errors import NotFoundError
from service.ledger.identity import is_id, new_id
from service.ledger.tables import (
    AskRow,
    CourseRow,
    Entry,
    Fact,
    OutboxRow,
    PatientRow,
    ProposalRow,
    TrialRow,
)

F = TypeVar("F", bound=Fact)


class Ledger:
    """Appends and finds, for one principal of one site, at one instant. Commits nothing itself."""

    def __init__(
        self, session: Session, *, site: str, principal: str, now: datetime, sees_staff: bool = True
    ) -> None:
        """Open the ledger within a transaction.

        Args:
            session: The transaction at hand.
            site: Scopes what can be found; rows of other sites do not exist here.
            principal: Who writes.
            now: The instant everything written here is recorded at.
            sees_staff: Whether what is shown may name those who treat.
        """
        self.session = session
        self.site = site
        self.principal = principal
        self.now = now
        self.sees_staff = sees_staff

    def new_id(self) -> str:
        """Return a fresh id."""
        return new_id(self.now)

    def append(
        self,
        kind: str,
        row: F,
        body: object,
        *,
        course_id: str | None = None,
        occurred_at: datetime | None = None,
    ) -> F:
        """Write one fact.

        Args:
            kind: Kind of the entry.
            row: The typed row; its ``id`` is set, its ``sequence`` is given here.
            body: The whole fact: a domain value, or plain values that JSON can carry.
            course_id: The course it belongs to; such facts go to the outbox.
            occurred_at: When it happened; now where left out.

        Returns:
            The row, with its sequence.
        """
        text = canonical_text(body)
        entry = Entry(
            id=row.id,
            kind=kind,
            site=self.site,
            course_id=course_id,
            principal=self.principal,
            occurred_at=occurred_at or self.now,
            recorded_at=self.now,
            body=text,
            body_digest=hashlib.sha256(text.encode()).hexdigest(),
        )
        self.session.add(entry)
        self.session.flush()
        row.sequence = entry.sequence
        self.session.add(row)
        if course_id is not None:
            self.session.add(OutboxRow(sequence=entry.sequence, topic=kind, course_id=course_id))
        self.session.flush()
        return row

    def patient(self, patient_id: str) -> PatientRow:
        """Return a patient of this site; raises NotFoundError for any other id."""
        return self._find(select(PatientRow).filter_by(id=patient_id, site=self.site), patient_id, "patient")

    def course(self, course_id: str) -> CourseRow:
        """Return a course of this site; raises NotFoundError for any other id."""
        return self._find(select(CourseRow).filter_by(id=course_id, site=self.site), course_id, "course")

    def proposal(self, proposal_id: str) -> ProposalRow:
        """Return a proposal of this site; raises NotFoundError for any other id."""
        query = select(ProposalRow).join(CourseRow, CourseRow.id == ProposalRow.course_id)
        return self._find(
            query.where(ProposalRow.id == proposal_id, CourseRow.site == self.site), proposal_id, "proposal"
        )

    def course_of_trial(self, trial_id: str) -> CourseRow:
        """Return the course of a trial of this site; raises NotFoundError for any other id."""
        query = select(CourseRow).join(TrialRow, TrialRow.course_id == CourseRow.id)
        return self._find(
            query.where(TrialRow.id == trial_id, CourseRow.site == self.site), trial_id, "trial"
        )

    def ask(self, course_id: str, ask_id: str) -> AskRow:
        """Return an ask of a course of this site; raises NotFoundError for any other id."""
        return self.in_course(AskRow, self.course(course_id).id, ask_id, "ask")

    def in_course(self, table: type[F], course_id: str, fact_id: str, name: str) -> F:
        """Return a fact of a course by id; raises NotFoundError for any other id."""
        return self._find(select(table).filter_by(id=fact_id, course_id=course_id), fact_id, name)

    def _find(self, query: Select[F], wanted: str, name: str) -> F:
        found = self.session.scalar(query) if is_id(wanted) else None
        if found is None:
            raise NotFoundError(name, "is not known here", remedy="Check the id.")
        return found


def canonical_text(body: object) -> str:
    """Return a fact as canonical JSON: a domain value in its envelope, plain values as they are."""
    if isinstance(body, dict):
        return rfc8785.dumps(body).decode()
    return canonical.encode(body).decode()
