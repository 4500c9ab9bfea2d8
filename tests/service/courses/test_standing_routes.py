from service.auth.principal import Role
from tests.service.live import CHECKS, SIGNED_BY, Server


def test_a_recorder_may_check_but_neither_change_nor_migrate(server: Server) -> None:
    clinic = server.clinic()
    course_id = clinic.course(checks=[])["id"]
    recorder = server.clinic(Role.RECORDER, site=clinic.site)
    change = {"envelope": {"amplitude_ma": [0, 5]}, "reason": "clinical_judgement", "signed_by": SIGNED_BY}
    bodies = {"preflights": {"checks": CHECKS}, "problems": change, "migrations": {"signed_by": SIGNED_BY}}
    found = {name: recorder.post(f"/courses/{course_id}/{name}", body) for name, body in bodies.items()}
    assert {name: reply.status_code for name, reply in found.items()} == {
        "preflights": 201,
        "problems": 403,
        "migrations": 403,
    }
