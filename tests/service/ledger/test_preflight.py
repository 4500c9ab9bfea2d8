from datetime import UTC, datetime, timedelta

import pytest

from service.ledger import preflight
from tests.service.live import CHECKS, Clinic
from tests.service.proposals.asking import ledger_of

EARLIER = datetime.now(UTC) - timedelta(days=30)


def test_of_several_findings_the_one_checked_last_counts_also_when_told_late(clinic: Clinic) -> None:
    course_id = clinic.course()["id"]
    late = {"check": "lead", "outcome": "failed", "checked_at": EARLIER.isoformat()}
    measured = CHECKS[0] | {"impedance_ohm": 900, "checked_at": EARLIER.isoformat()}
    clinic.made(f"/courses/{course_id}/preflights", {"checks": [late, measured]})
    with clinic.server.services.database.read() as session:
        ledger = ledger_of(clinic, session)
        found = preflight.standings(session, ledger.course(course_id), ledger.now)
        assert {entry.standing for entry in found} == {"passed"}
        assert preflight.impedance_ohm(session, course_id) == 520


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_leads_checked_together_the_worse_counts_in_either_order(order: int, clinic: Clinic) -> None:
    course_id, _ = clinic.rated_course()
    proposal = clinic.ask(course_id)
    clinic.decide(proposal, action="approve")
    path = f"/courses/{course_id}/preflights"
    measured = [CHECKS[0] | {"impedance_ohm": 900_000}, CHECKS[0]]
    clinic.made(path, {"checks": measured[::order]})
    assert clinic.get(f"/proposals/{proposal['id']}/program").json()["code"] == "settings-past-limit"
    earlier = {"check": "lead", "outcome": "failed", "checked_at": EARLIER.isoformat()}
    seen = clinic.made(path, {"checks": [*CHECKS, earlier][::order]})
    assert {check["check"] for check in seen["checks"] if check["standing"] == "failed"} == {"lead"}
    assert clinic.ask(course_id)["reason"] == "preflight_failed"
    assert clinic.made(path, {"checks": CHECKS})["clear"], "what is checked later takes their place"
    assert clinic.get(f"/proposals/{proposal['id']}/program").status_code == 200


def test_a_finding_counts_for_as_long_as_the_device_file_says(clinic: Clinic) -> None:
    course_id = clinic.course()["id"]
    with clinic.server.services.database.read() as session:
        ledger = ledger_of(clinic, session)
        course = ledger.course(course_id)
        for days, stale in (
            (89, set()),
            (91, {"impedance", "battery"}),
            (366, {"impedance", "lead", "battery"}),
        ):
            found = preflight.standings(session, course, ledger.now + timedelta(days=days))
            assert {entry.asked.check for entry in found if entry.standing == "stale"} == stale
