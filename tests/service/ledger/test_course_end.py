from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from service.errors import CourseEndedError
from service.ledger import course_end, drafts
from service.ledger.course_tables import CourseEndRow, DraftRow
from service.ledger.ledger import Ledger
from service.ledger.tables import CourseRow
from tests.service.ledger.bare import NOW, course_of

BEFORE = NOW - timedelta(days=3)


def end(ledger: Ledger, course: CourseRow) -> CourseEndRow:
    row = CourseEndRow(id=ledger.new_id(), course_id=course.id, reason="goal_reached")
    return ledger.append("end", row, {}, course_id=course.id, occurred_at=BEFORE)


def test_an_end_ends_its_own_course_from_its_own_entry_on(ledger: Ledger) -> None:
    course, other = course_of(ledger, "x"), course_of(ledger, "y")
    course_end.check_running(ledger.session, course.id)
    ended = end(ledger, course)
    found = course_end.end_of(ledger.session, course.id)
    assert found == (ended.sequence, "goal_reached", BEFORE, NOW)
    assert course_end.end_of(ledger.session, course.id, up_to=ended.sequence) == found
    assert course_end.end_of(ledger.session, course.id, up_to=ended.sequence - 1) is None
    with pytest.raises(CourseEndedError):
        course_end.check_running(ledger.session, course.id)
    course_end.check_running(ledger.session, other.id)
    over = select(CourseRow.id).where(course_end.has_ended(CourseRow.id))
    assert ledger.session.scalars(over).all() == [course.id]


def test_the_database_allows_no_second_end(ledger: Ledger) -> None:
    course = course_of(ledger, "x")
    end(ledger, course)
    with pytest.raises(IntegrityError):
        end(ledger, course)


def test_facts_told_after_the_end_queue_no_draft(ledger: Ledger) -> None:
    course = course_of(ledger, "x")
    drafts.queue(ledger.session, course.id, NOW)
    end(ledger, course)
    drafts.queue(ledger.session, course.id, NOW)
    assert ledger.session.scalars(select(DraftRow)).all() == []
