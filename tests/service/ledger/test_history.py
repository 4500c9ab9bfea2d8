import hashlib

from optimizer import canonical
from optimizer.history import History
from optimizer.problem import Problem
from service.ledger.history import grew_since, history_of, problem_of, stated_problem_of
from service.ledger.tables import CourseRow
from tests.service.live import START, Clinic


def test_rows_give_the_history_the_documents_say(clinic: Clinic) -> None:
    course_id, trial_id = clinic.rated_course()
    clinic.report(trial_id, 2, kind="discomfort")
    reply = clinic.get(f"/courses/{course_id}/history")
    told = canonical.decode(History, reply.content)
    with clinic.server.services.database.read() as session:
        found = history_of(session, course_id)
        course = session.query(CourseRow).filter_by(id=course_id).one()
        problem, stated = problem_of(session, course), stated_problem_of(session, course)
    assert found == told
    assert reply.headers["ETag"] == f'"{hashlib.sha256(reply.content).hexdigest()}"'
    assert [trial.applied.values for trial in found.trials] == [START]
    assert sorted(report.value or 0 for report in found.reports) == [2.0, 6.0]
    assert stated.fingerprint == course.problem_fingerprint
    assert problem.space.impedance_ohm == 520, "as measured last"
    assert canonical.decode(Problem, clinic.get(f"/courses/{course_id}/problem").content) == problem


def test_the_record_can_be_read_as_it_was(clinic: Clinic) -> None:
    course_id, trial_id = clinic.rated_course()
    page = clinic.get(f"/courses/{course_id}/timeline").json()
    with clinic.server.services.database.read() as session:
        assert not grew_since(session, course_id, page[-1]["sequence"])
    clinic.report(trial_id, 3)
    with clinic.server.services.database.read() as session:
        assert grew_since(session, course_id, page[-1]["sequence"])
        assert len(history_of(session, course_id).reports) == 2
        assert len(history_of(session, course_id, up_to=page[-1]["sequence"]).reports) == 1
