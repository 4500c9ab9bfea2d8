from datetime import timedelta
from typing import Any

import pytest

from service.auth.principal import Role
from service.errors import ProposalExpiredError
from service.ledger import life_cycle
from service.ledger.history import decision_of
from service.ledger.life_cycle import Action
from service.proposals.programming import program
from tests.service.live import CHECKS, SIGNED_BY, START, Clinic, Server, codes
from tests.service.proposals.asking import ledger_of, with_range


def test_a_programming_system_reads_what_was_approved_and_by_whom(server: Server) -> None:
    clinic = server.clinic()
    programmer = server.clinic(Role.PROGRAMMER, site=clinic.site)
    course_id, _ = clinic.rated_course()
    proposal = clinic.ask(course_id)
    path = f"/proposals/{proposal['id']}/program"
    assert codes([programmer.get(path)]) == [(409, "proposal-not-approved")]
    assert programmer.get(f"/courses/{course_id}").json()["to_program"] is None
    clinic.decide(proposal, action="approve")
    assert programmer.get(f"/courses/{course_id}").json()["to_program"] == proposal["id"]
    seen = programmer.get(path).json()
    assert seen["settings"] == proposal["settings"]
    device = programmer.get("/devices/scs-tonic").json()
    shares = {each["name"]: each["shares"] for each in device["configurations"]}
    assert seen["contact_shares"] == shares[seen["settings"]["configuration"]]
    assert seen["amplitude_range_ma"] == proposal["decision"]["steps"][0]["amplitude_range_ma"]
    signature = seen["signature"]
    assert (signature["printed_name"], signature["meaning"]) == (SIGNED_BY, "approval")


def test_a_device_with_one_configuration_says_its_contacts_too(clinic: Clinic) -> None:
    start = {"amplitude_ma": 0.5, "pulse_width_us": 250, "frequency_hz": 20, "on_s": 30, "off_s": 300}
    absent = [{"check": name, "outcome": "absent"} for name in ("untreated_sleep_apnoea", "bradycardia")]
    course_id = clinic.course(
        device="vns-implanted", start=start, envelope={"amplitude_ma": [0, 2]}, checks=[*CHECKS, *absent]
    )["id"]
    clinic.report(clinic.trial(course_id, settings=start)["id"], 6)
    proposal = clinic.ask(course_id)
    clinic.decide(proposal, action="approve")
    seen = clinic.get(f"/proposals/{proposal['id']}/program").json()
    assert "configuration" not in seen["settings"]
    assert seen["contact_shares"] == {"helix": -1.0, "helix-return": 1.0}


def test_edited_settings_come_without_the_range_of_the_proposed_ones(server: Server) -> None:
    clinic = server.clinic()
    proposal = clinic.ask(clinic.rated_course()[0])
    edit = {"action": "edit", "reason": "clinical_judgement", "settings": START | {"amplitude_ma": 4.4}}
    assert clinic.decide(proposal, **edit).json()["signature"]["meaning"] == "authorship"
    seen = clinic.get(f"/proposals/{proposal['id']}/program").json()
    assert (seen["settings"]["amplitude_ma"], seen["amplitude_range_ma"]) == (4.4, None)


def test_after_a_severe_report_the_read_is_refused_with_the_reason(server: Server) -> None:
    clinic = server.clinic()
    programmer = server.clinic(Role.PROGRAMMER, site=clinic.site)
    course_id, trial_id = clinic.rated_course()
    proposal = clinic.ask(course_id)
    clinic.decide(proposal, action="approve")
    assert clinic.report(trial_id, 8, kind="discomfort")["withdrawn_proposals"] == [proposal["id"]]
    reply = programmer.get(f"/proposals/{proposal['id']}/program")
    assert codes([reply]) == [(409, "proposal-withdrawn")]
    assert "severe_report" in reply.json()["detail"]
    assert programmer.get(f"/courses/{course_id}").json()["to_program"] is None


def test_an_approval_past_its_time_is_not_programmed(server: Server) -> None:
    clinic = server.clinic()
    proposal = clinic.ask(clinic.rated_course()[0])
    clinic.decide(proposal, action="approve")
    with server.services.database.read() as session:
        ledger = ledger_of(clinic, session)
        ledger.now += timedelta(days=8)
        with pytest.raises(ProposalExpiredError):
            program(ledger, proposal["id"])


def programmed(clinic: Clinic, proposal: dict[str, Any]) -> list[tuple[int, str]]:
    return codes([clinic.get(f"/proposals/{proposal['id']}/program")])


def approved_then_rated(clinic: Clinic) -> tuple[str, dict[str, Any]]:
    """A course with an approved proposal, and a rating after it, so that another ask has another answer; both."""
    course_id, trial_id = clinic.rated_course()
    first = clinic.ask(course_id)
    clinic.decide(first, action="approve")
    clinic.report(trial_id, 5)
    return course_id, first


def test_an_approval_takes_back_the_one_before_for_good(clinic: Clinic) -> None:
    course_id, first = approved_then_rated(clinic)
    second = clinic.ask(course_id)
    assert second["id"] != first["id"]
    clinic.decide(second, action="edit", reason="clinical_judgement", settings=START)
    seen = clinic.get(f"/proposals/{first['id']}").json()
    assert (seen["status"], seen["reason"], seen["approved"]) == ("withdrawn", "superseded", None)
    assert clinic.get(f"/courses/{course_id}").json()["to_program"] == second["id"]
    assert programmed(clinic, second) == [(200, "")]
    clinic.trial(course_id, settings=START, proposal_id=second["id"])
    assert clinic.get(f"/courses/{course_id}").json()["to_program"] is None
    assert programmed(clinic, first) == [(409, "proposal-withdrawn")]


def test_a_rejection_takes_no_approval_back(clinic: Clinic) -> None:
    course_id, first = approved_then_rated(clinic)
    clinic.decide(clinic.ask(course_id), action="reject", reason="patient_preference")
    assert clinic.get(f"/courses/{course_id}").json()["to_program"] == first["id"]
    assert programmed(clinic, first) == [(200, "")]


def test_of_several_approvals_of_earlier_records_the_latest_alone_is_programmed(clinic: Clinic) -> None:
    course_id, first = approved_then_rated(clinic)
    second = clinic.ask(course_id)
    with clinic.server.services.database.write() as session:
        ledger = ledger_of(clinic, session)
        row = ledger.proposal(second["id"])
        life_cycle.decide(ledger, row, Action.APPROVE, settings=decision_of(row).settings)
    assert programmed(clinic, first) == [(409, "proposal-withdrawn")]
    clinic.trial(course_id, settings=second["settings"], proposal_id=second["id"])
    assert clinic.get(f"/courses/{course_id}").json()["to_program"] is None
    assert programmed(clinic, first) == [(409, "proposal-withdrawn")]


def test_what_was_not_tolerated_since_its_approval_is_not_programmed(clinic: Clinic) -> None:
    course_id, trial_id = clinic.well_rated_course()
    proposal = clinic.ask(course_id)
    clinic.decide(proposal, action="approve")
    assert programmed(clinic, proposal) == [(200, "")]
    report_id = clinic.report(trial_id, 5, kind="discomfort")["reports"][0]["id"]
    assert programmed(clinic, proposal) == [(409, "settings-closed")]
    review = {"subject": "closure", "subject_id": report_id, "reason": "tolerable_on_review"}
    clinic.made(f"/courses/{course_id}/reviews", review)
    assert programmed(clinic, proposal) == [(200, "")]


def test_an_approval_whose_anchor_was_refuted_since_is_not_programmed_in_another_configuration(
    clinic: Clinic,
) -> None:
    course_id, _ = clinic.well_rated_course()
    elsewhere = START | {"amplitude_ma": 2.0, "configuration": "level-3"}
    proposal = clinic.ask(course_id)
    edited = clinic.decide(proposal, action="edit", reason="clinical_judgement", settings=elsewhere).json()
    assert edited["flags"] == ["tolerability_not_predicted"], "within reach of what was tolerated"
    assert programmed(clinic, proposal) == [(200, "")]
    weak = clinic.trial(course_id, settings=START | {"amplitude_ma": 1.0}, source="remote")["id"]
    clinic.report(weak, 5, kind="discomfort")
    assert programmed(clinic, proposal) == [(409, "settings-closed")]


def test_what_a_clinician_approved_beyond_titration_is_programmed(clinic: Clinic) -> None:
    course_id, _ = clinic.well_rated_course()
    proposal = clinic.ask(course_id)
    far = {"action": "edit", "reason": "clinical_judgement", "settings": START | {"amplitude_ma": 8.0}}
    assert "beyond_titration" in clinic.decide(proposal, **far).json()["flags"]
    assert programmed(clinic, proposal) == [(200, "")]


def test_the_patients_range_ends_below_what_was_not_tolerated_since_it_was_proposed(clinic: Clinic) -> None:
    course_id, _ = clinic.rated_course()
    proposal = with_range(clinic, course_id, below_ma=0.5, above_ma=0.4)
    low_ma, high_ma = proposal["decision"]["steps"][0]["amplitude_range_ma"]
    clinic.decide(proposal, action="approve")
    path = f"/proposals/{proposal['id']}/program"
    assert clinic.get(path).json()["amplitude_range_ma"] == [low_ma, high_ma]
    stronger = proposal["settings"] | {"amplitude_ma": round(high_ma - 0.1, 3)}
    trial_id = clinic.trial(course_id, settings=stronger, source="remote")["id"]
    clinic.report(trial_id, 5, kind="discomfort")
    assert clinic.get(path).json()["amplitude_range_ma"] == [low_ma, round(high_ma - 0.2, 3)]


def test_what_was_approved_past_a_report_is_programmed_until_another_comes(clinic: Clinic) -> None:
    course_id, trial_id = clinic.well_rated_course()
    proposal = clinic.ask(course_id)
    clinic.report(trial_id, 5, kind="discomfort")
    assert clinic.decide(proposal, action="approve").json()["flags"] == ["beyond_titration"]
    assert programmed(clinic, proposal) == [(200, "")]
    clinic.report(trial_id, 6, kind="muscle_twitch")
    assert programmed(clinic, proposal) == [(409, "settings-closed")]


def test_what_was_applied_is_not_programmed_again_whatever_is_said_of_it_later(clinic: Clinic) -> None:
    course_id, _ = clinic.rated_course()
    proposal = clinic.ask(course_id)
    clinic.decide(proposal, action="approve")
    trial_id = clinic.trial(course_id, settings=proposal["settings"], proposal_id=proposal["id"])["id"]
    assert programmed(clinic, proposal) == [(409, "proposal-applied")]
    clinic.made(f"/trials/{trial_id}/amendments", {"reason": "never_applied", "trial": None})
    assert programmed(clinic, proposal) == [(409, "proposal-applied")]
