from datetime import UTC, datetime, timedelta

from service.db.engine import Database
from service.ledger import outbox
from service.ledger.ledger import Ledger
from service.ledger.tables import CourseRow, PatientRow

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
SPAN = timedelta(seconds=10)


def add_course(database: Database, name: str, facts: int = 2) -> str:
    with database.write() as session:
        ledger = Ledger(session, site="a", principal="dr", now=NOW)
        patient = ledger.append("patient", PatientRow(id=ledger.new_id(), site="a", pseudonym=name), {})
        course_id = ledger.new_id()
        for number in range(facts):
            row = CourseRow(
                id=course_id if number == 0 else ledger.new_id(),
                site="a",
                patient_id=patient.id,
                device="d",
                problem="",
                problem_fingerprint="",
                start="",
            )
            ledger.append("course", row, {}, course_id=course_id)
    return course_id


def test_one_holder_has_the_lease_until_it_lapses(database: Database) -> None:
    with database.write() as session:
        assert outbox.take_lease(session, "mlflow", "one", NOW, SPAN)
        assert not outbox.take_lease(session, "mlflow", "two", NOW + SPAN / 2, SPAN)
        assert outbox.take_lease(session, "mlflow", "one", NOW + SPAN / 2, SPAN)
        assert not outbox.take_lease(session, "mlflow", "two", NOW + SPAN, SPAN)
        assert outbox.take_lease(session, "mlflow", "two", NOW + SPAN * 1.5, SPAN)


def test_courses_come_oldest_first_and_go_when_shown(database: Database) -> None:
    courses = [add_course(database, name) for name in ("x", "y")]
    with database.write() as session:
        assert [p.course_id for p in outbox.pending(session, "mlflow", NOW)] == courses
        assert outbox.lag(session, "mlflow") == 4
        first = outbox.pending(session, "mlflow", NOW)[0]
        outbox.record_shown(session, "mlflow", courses[0], first.newest - 1)
        assert outbox.lag(session, "mlflow") == 3
        outbox.record_shown(session, "mlflow", courses[0], first.newest)
    with database.read() as session:
        assert [p.course_id for p in outbox.pending(session, "mlflow", NOW)] == courses[1:]


def test_a_failure_waits_and_success_forgets_it(database: Database) -> None:
    course_id = add_course(database, "x")
    later = NOW + SPAN
    with database.write() as session:
        outbox.record_failure(session, "mlflow", course_id, error="unreachable", next_attempt_at=later)
        session.flush()
        assert outbox.pending(session, "mlflow", NOW) == ()
        assert outbox.pending(session, "mlflow", later)[0].attempts == 1
        outbox.record_shown(session, "mlflow", course_id, outbox.pending(session, "mlflow", later)[0].newest)
        session.flush()
        assert outbox.lag(session, "mlflow") == 0


def test_a_course_that_failed_comes_after_those_that_did_not(database: Database) -> None:
    first, second, third = (add_course(database, name) for name in ("x", "y", "z"))
    with database.write() as session:
        for failing in (first, first, second):
            outbox.record_failure(session, "mlflow", failing, error="value-error", next_attempt_at=NOW)
            session.flush()
        assert [p.course_id for p in outbox.pending(session, "mlflow", NOW)] == [third, second, first]
        assert [p.course_id for p in outbox.pending(session, "mlflow", NOW, limit=1)] == [third]


def test_a_projection_can_begin_again_from_nothing(database: Database) -> None:
    course_id = add_course(database, "x")
    with database.write() as session:
        outbox.record_shown(session, "mlflow", course_id, 99)
        session.flush()
        assert outbox.lag(session, "mlflow") == 0
        outbox.forget_progress(session, "mlflow")
        session.flush()
        assert outbox.lag(session, "mlflow") == 2
