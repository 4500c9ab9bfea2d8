import pytest

from service.auth.principal import Principal, Role
from service.errors import ForbiddenError


def test_one_of_the_roles_is_enough_and_none_is_not() -> None:
    recorder = Principal(name="r", site="a", roles=frozenset({Role.RECORDER}))
    recorder.require(Role.CLINICIAN, Role.RECORDER)
    with pytest.raises(ForbiddenError, match="clinician"):
        recorder.require(Role.CLINICIAN)


def test_a_patient_app_may_only_report(server: "object") -> None:
    from tests.service.live import Server

    assert isinstance(server, Server)
    clinician = server.clinic()
    course_id, trial_id = clinician.rated_course()
    patient_id = clinician.get(f"/courses/{course_id}").json()["patient_id"]
    own = server.clinic(Role.PATIENT_APP, site=clinician.site, patient_id=patient_id)
    assert own.report(trial_id, 5)["reports"][0]["measure"] == "pain"
    assert own.get(f"/courses/{course_id}").status_code == 403
    assert own.post(f"/courses/{course_id}/asks", {}).status_code == 403
    other_course, other_trial = clinician.rated_course()
    body = {"measure": "pain", "value": 1, "occurred_at": "2026-11-20T20:00:00Z"}
    assert own.post(f"/trials/{other_trial}/reports", body).status_code == 404
    assert clinician.get(f"/courses/{other_course}").json()["n_reports"] == 1
