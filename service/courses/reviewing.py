"""Review what holds a course or forbids settings. What is in no doubt cannot be reviewed: it would release nothing."""

from sqlalchemy import select

from optimizer.decision import Hold, HoldReason
from optimizer.safety import closure, doubt, tolerance
from optimizer.trial import Review, ReviewSubject
from service.courses.schemas import HeldView, NewReview, ReviewView
from service.dependencies.requests import Answer
from service.errors import NotFoundError, NothingToReviewError, SchemaError
from service.ledger import asking, gate
from service.ledger.asking import Question
from service.ledger.history import decision_of
from service.ledger.in_force import CLOCK_TOLERANCE
from service.ledger.ledger import Ledger
from service.ledger.tables import CourseRow, ProposalRow, ReviewRow

IN_RECORD = (HoldReason.UNREVIEWED_ADVERSE_EVENT, HoldReason.CONTRADICTORY_REPORTS)
"""Doubts that the record itself shows, before the optimiser is asked."""
ANSWERED = (HoldReason.CONTRADICTORY_REPORTS, HoldReason.MODEL_FAILED, HoldReason.STALE_FALLBACK)
"""Answers that a review of what they name ends, or of any fact where they name none."""


def review(ledger: Ledger, course_id: str, new: NewReview) -> Answer:
    """Release a hold or a closure.

    Args:
        ledger: The transaction at hand.
        course_id: The course.
        new: The review.

    Returns:
        The review, and what holds the course then.

    Raises:
        NotFoundError: If the course, or the report or trial within it, is not known here.
        SchemaError: If it is dated in the future.
        NothingToReviewError: If the subject is in no such doubt, or was reviewed and nothing came since.
    """
    course = ledger.course(course_id)
    asked = asking.question(ledger.session, course, asking.usual_context(ledger.session, course, ledger.now))
    _check(ledger, course, asked, new)
    fact = Review(
        id=ledger.new_id(),
        subject=new.subject,
        subject_id=new.subject_id,
        reason=new.reason,
        occurred_at=new.occurred_at or ledger.now,
        recorded_at=ledger.now,
    )
    row = ReviewRow(id=fact.id, course_id=course.id, subject_id=fact.subject_id)
    ledger.append("review", row, fact, course_id=course.id, occurred_at=fact.occurred_at)
    view = ReviewView(
        id=fact.id,
        course_id=course.id,
        subject=fact.subject,
        subject_id=fact.subject_id,
        reason=fact.reason,
        recorded_at=ledger.now,
        still_held=_still_held(ledger, course, asked, fact),
    )
    return Answer(status=201, body=view)


def _check(ledger: Ledger, course: CourseRow, asked: Question, new: NewReview) -> None:
    history = asked.history
    known = {trial.id for trial in history.trials} | {report.id for report in history.reports}
    known |= {entry.trial.id for entry in history.past}
    if new.subject_id not in known:
        raise NotFoundError("subject_id", "is no report or trial of this course", remedy="Check the id.")
    if new.occurred_at is not None and new.occurred_at > ledger.now + CLOCK_TOLERANCE:
        # nobody has looked yet, and what comes until then would seem looked at
        raise SchemaError("occurred_at", "lies in the future")
    if not _in_doubt(ledger, course, asked, new):
        raise NothingToReviewError(
            "subject_id",
            f"needs no review as {new.subject}",
            remedy="Name what a hold or a recommendation names, or the severe report.",
        )


def _in_doubt(ledger: Ledger, course: CourseRow, asked: Question, new: NewReview) -> bool:
    """Return whether a review would release anything."""
    if new.subject is ReviewSubject.CLOSURE:
        closed = closure.closures(asked.problem, asked.history)
        barred = tolerance.bars(asked.problem, asked.history)
        forbidding = {entry.report_id for entry in closed} | {bar.subject_id for bar in barred}
        return new.subject_id in forbidding
    held = doubt.hold(asked.problem, asked.history, asked.ask)
    if held is not None and held.reason in IN_RECORD and new.subject_id in held.subject_ids:
        severe = held.reason is HoldReason.UNREVIEWED_ADVERSE_EVENT
        return severe or new.subject is ReviewSubject.HOLD
    return new.subject is ReviewSubject.HOLD and _holds_answer(ledger, course, new.subject_id)


def _holds_answer(ledger: Ledger, course: CourseRow, subject_id: str) -> bool:
    """Return whether the latest answer holds until this is reviewed, and it was not since.

    Of two that contradict each other either may be reviewed, also after the other.
    """
    query = select(ProposalRow).filter_by(course_id=course.id).order_by(ProposalRow.sequence.desc()).limit(1)
    row = ledger.session.scalar(query)
    answer = None if row is None else decision_of(row)
    if row is None or not isinstance(answer, Hold) or answer.reason not in ANSWERED:
        return False
    since = select(ReviewRow.sequence).where(
        ReviewRow.subject_id == subject_id, ReviewRow.sequence > row.sequence
    )
    named = subject_id in answer.subject_ids or not answer.subject_ids
    return named and ledger.session.scalar(since.limit(1)) is None


def _still_held(ledger: Ledger, course: CourseRow, asked: Question, fact: Review) -> HeldView | None:
    """Return what holds the course now, as far as the record tells without asking the optimiser."""
    barrier = gate.to_ask(ledger.session, course, ledger.now)
    if barrier is not None:
        return HeldView(reason=barrier.reason, subject_ids=list(barrier.subjects))
    held = doubt.hold(asked.problem, asked.history.add(fact), asked.ask)
    return None if held is None else HeldView(reason=held.reason, subject_ids=list(held.subject_ids))
