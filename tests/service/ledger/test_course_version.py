from service.ledger import course_version, optimizer_version
from tests.service.live import Clinic
from tests.service.proposals.asking import ledger_of


def test_a_course_runs_under_what_was_installed_when_it_was_opened(clinic: Clinic) -> None:
    course_id = clinic.course()["id"]
    with clinic.server.services.database.read() as session:
        course = ledger_of(clinic, session).course(course_id)
        assert course_version.of_course(session, course) == optimizer_version.installed()
