import json
import subprocess
import sys

from service.ledger import optimizer_version
from tests.service.live import Clinic
from tests.service.proposals.asking import ledger_of


def test_what_is_installed_is_named_without_loading_it() -> None:
    code = (
        "import sys; from service.ledger.optimizer_version import installed; installed(); "
        "print('torch' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "False"
    assert set(json.loads(optimizer_version.installed())) == {
        *optimizer_version.PACKAGES,
        optimizer_version.CODE,
    }


def test_only_what_differs_is_named_and_the_unknown_is_called_so() -> None:
    before, now = '{"a":"1","b":"1"}', '{"b":"2","a":"1"}'
    assert optimizer_version.difference(before, now) == {"b": ("1", "2")}
    assert optimizer_version.difference(None, '{"a":"1"}') == {"a": ("unknown", "1")}


def test_a_course_runs_under_what_was_installed_when_it_was_opened(clinic: Clinic) -> None:
    course_id = clinic.course()["id"]
    with clinic.server.services.database.read() as session:
        course = ledger_of(clinic, session).course(course_id)
        assert optimizer_version.of_course(session, course) == optimizer_version.installed()
