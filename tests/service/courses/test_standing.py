from datetime import UTC, datetime, timedelta

import pytest

from service.ledger import optimizer_version
from service.ledger.course_tables import DraftRow
from tests.service.live import CHECKS, SIGNED_BY, Clinic, codes

TOMORROW = (datetime.now(UTC) + timedelta(days=1)).isoformat()


def test_every_check_is_shown_with_its_standing_and_its_end(clinic: Clinic) -> None:
    course_id = clinic.course(checks=CHECKS[:1])["id"]
    seen = clinic.get(f"/courses/{course_id}/preflights").json()
    assert not seen["clear"]
    assert {check["check"]: check["standing"] for check in seen["checks"]} == {
        "impedance": "passed",
        "lead": "missing",
        "battery": "missing",
    }
    first = seen["checks"][0]
    until = datetime.fromisoformat(first["valid_until"]) - datetime.fromisoformat(first["checked_at"])
    assert until == timedelta(days=90)
    assert clinic.made(f"/courses/{course_id}/preflights", {"checks": CHECKS[1:]})["clear"]


@pytest.mark.parametrize(
    "check",
    [
        {"check": "temperature", "outcome": "passed"},
        {"check": "lead", "outcome": "absent"},
        {"check": "impedance", "outcome": "passed"},
        {"check": "lead", "outcome": "passed", "impedance_ohm": 500},
        {"check": "lead", "outcome": "passed", "checked_at": TOMORROW},
    ],
)
def test_a_check_that_cannot_be_is_refused_and_none_of_its_kind_is_stored(
    check: dict[str, object], clinic: Clinic
) -> None:
    course_id = clinic.course(checks=[])["id"]
    reply = clinic.post(f"/courses/{course_id}/preflights", {"checks": [CHECKS[2], check]})
    assert codes([reply]) == [(422, "invalid-request")]
    assert reply.json()["field"].startswith("checks.1.")
    standing = clinic.get(f"/courses/{course_id}/preflights").json()["checks"]
    assert {entry["standing"] for entry in standing} == {"missing"}


def test_the_measured_impedance_is_what_compliance_is_held_against(clinic: Clinic) -> None:
    course_id, _ = clinic.rated_course()
    measured = CHECKS[0] | {"impedance_ohm": 900_000}
    proposal = clinic.ask(course_id)
    clinic.decide(proposal, action="approve")
    clinic.made(f"/courses/{course_id}/preflights", {"checks": [measured]})
    assert not clinic.get(f"/proposals/{proposal['id']}").json()["within_limits"]
    assert codes([clinic.get(f"/proposals/{proposal['id']}/program")]) == [(409, "settings-past-limit")]


def test_what_the_optimiser_of_before_drafted_is_not_proposed_under_the_new_one(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    course_id, _ = clinic.rated_course()
    monkeypatch.setattr(optimizer_version, "installed", lambda: '{"optimizer":"after the upgrade"}')
    drafted = []
    for act in (
        lambda: None,
        lambda: clinic.made(f"/courses/{course_id}/migrations", {"signed_by": SIGNED_BY}),
    ):
        act()
        with clinic.server.services.database.read() as session:
            drafted.append(session.get(DraftRow, course_id) is not None)
    assert drafted == [True, False]
