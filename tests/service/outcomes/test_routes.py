from service.auth.principal import Role
from tests.service.live import START, Server


def test_who_may_record_and_who_may_report(server: Server) -> None:
    clinic = server.clinic()
    course_id, trial_id = clinic.rated_course()
    trial = {"settings": START, "occurred_at": "2026-11-20T10:00:00Z"}
    report = {"measure": "pain", "value": 1, "occurred_at": "2026-11-20T10:00:00Z"}
    expected = {
        Role.RECORDER: (201, 201),
        Role.PROGRAMMER: (201, 403),
        Role.RESEARCHER: (403, 403),
        Role.ADMINISTRATOR: (403, 403),
    }
    for role, statuses in expected.items():
        caller = server.clinic(role, site=clinic.site)
        replies = (
            caller.post(f"/courses/{course_id}/trials", trial),
            caller.post(f"/trials/{trial_id}/reports", report),
        )
        assert tuple(reply.status_code for reply in replies) == statuses
