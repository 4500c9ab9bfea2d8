"""End a course: nothing leaves it any more, what happened before may still be told."""

from optimizer.trial import utc
from service.courses.ending_schemas import CourseEndView, EndView, NewEnd
from service.dependencies.requests import Answer
from service.errors import SchemaError
from service.ledger import course_end, drafts, life_cycle
from service.ledger.course_tables import CourseEndRow
from service.ledger.in_force import CLOCK_TOLERANCE
from service.ledger.ledger import Ledger
from service.ledger.life_cycle import COURSE_ENDED


def end(ledger: Ledger, course_id: str, new: NewEnd) -> Answer:
    """Put the end of a course on record, once and for good, and take back what waits to be decided or programmed.

    Facts about the course are kept as ever: late reports, corrections, reviews of what they say, and trials, flagged where
    they began after the end. What would go on with it is refused.

    Raises:
        NotFoundError: If the course is not known here.
        CourseEndedError: If it has ended.
        SchemaError: If the end lies in the future.
    """
    course = ledger.course(course_id)
    course_end.check_running(ledger.session, course.id)
    occurred_at = utc(new.occurred_at or ledger.now, "occurred_at")
    if occurred_at > ledger.now + CLOCK_TOLERANCE:
        # it counts from here on, whatever date it names; one to come would leave trials until then unflagged
        raise SchemaError("occurred_at", "lies in the future")
    row = CourseEndRow(id=ledger.new_id(), course_id=course.id, reason=new.reason)
    body = {"reason": row.reason, "signed_by": new.signed_by}
    ledger.append("end", row, body, course_id=course.id, occurred_at=occurred_at)
    withdrawn = life_cycle.withdraw_all(ledger, course.id, cause_id=row.id, reason=COURSE_ENDED)
    drafts.drop(ledger.session, course.id)
    view = EndView(
        id=row.id,
        course_id=course.id,
        reason=row.reason,
        occurred_at=occurred_at,
        recorded_at=ledger.now,
        withdrawn_proposals=list(withdrawn),
    )
    return Answer(status=201, body=view)


def seen(ledger: Ledger, course_id: str) -> CourseEndView | None:
    """Return when and why a course ended; None where it goes on."""
    found = course_end.end_of(ledger.session, course_id)
    if found is None:
        return None
    return CourseEndView(reason=found.reason, occurred_at=found.occurred_at, recorded_at=found.recorded_at)
