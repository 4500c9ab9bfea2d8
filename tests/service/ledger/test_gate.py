from datetime import timedelta

import pytest

from optimizer.decision import HoldReason
from service.ledger import gate, optimizer_version
from service.ledger.ledger import Ledger
from tests.service.live import CHECKS, SIGNED_BY, Clinic, codes
from tests.service.proposals.asking import ledger_of

WHY = {"reason": "clinical_judgement", "signed_by": SIGNED_BY}
VNS = {
    "device": "vns-implanted",
    "start": {"amplitude_ma": 0.5, "pulse_width_us": 250, "frequency_hz": 20, "on_s": 30, "off_s": 300},
    "envelope": {"amplitude_ma": [0, 2]},
}
ABSENT = [{"check": name, "outcome": "absent"} for name in ("untreated_sleep_apnoea", "bradycardia")]


def reason(ledger: Ledger, course_id: str) -> tuple[str, tuple[str, ...]] | None:
    found = gate.to_ask(ledger.session, ledger.course(course_id), ledger.now)
    return None if found is None else (found.reason, found.subjects)


def test_a_course_without_its_checks_is_held_until_they_are_recorded(clinic: Clinic) -> None:
    course_id = clinic.course(checks=CHECKS[:1])["id"]
    clinic.report(clinic.trial(course_id)["id"], 6)
    held = clinic.ask(course_id)
    assert (held["kind"], held["reason"], held["decision"]["subject_ids"]) == (
        "hold",
        "preflight_due",
        ["lead", "battery"],
    )
    assert clinic.ask(course_id)["id"] == held["id"], "asked again, the same hold"
    clinic.made(f"/courses/{course_id}/preflights", {"checks": CHECKS[1:]})
    assert clinic.ask(course_id)["kind"] == "proposal"


def test_a_stale_check_holds_and_refuses_approval(clinic: Clinic) -> None:
    course_id = clinic.course()["id"]
    with clinic.server.services.database.read() as session:
        ledger = ledger_of(clinic, session)
        assert reason(ledger, course_id) is None
        ledger.now += timedelta(days=91)
        assert reason(ledger, course_id) == (HoldReason.PREFLIGHT_DUE, ("impedance", "battery"))


def test_a_failed_check_holds_whatever_passed_before(clinic: Clinic) -> None:
    course_id, _ = clinic.rated_course()
    proposal = clinic.ask(course_id)
    failed = [{"check": "lead", "outcome": "failed"}]
    clinic.made(f"/courses/{course_id}/preflights", {"checks": failed})
    assert codes([clinic.decide(proposal, action="approve")]) == [(409, "preflight-due")]
    assert clinic.ask(course_id)["reason"] == "preflight_failed"


def test_a_contraindication_holds_with_stimulation_off(clinic: Clinic) -> None:
    course_id = clinic.course(checks=[*CHECKS, *ABSENT], **VNS)["id"]
    trial = clinic.trial(course_id, settings=VNS["start"])
    clinic.report(trial["id"], 6)
    assert clinic.ask(course_id)["reason"] is None or clinic.ask(course_id)["kind"] != "hold"
    present = [{"check": "bradycardia", "outcome": "present"}]
    clinic.made(f"/courses/{course_id}/preflights", {"checks": present})
    held = clinic.ask(course_id)
    assert (held["reason"], held["settings"], held["stimulation"]) == ("contraindicated", None, "off")
    clinic.made(f"/courses/{course_id}/preflights", {"checks": ABSENT[1:]})
    assert clinic.ask(course_id)["reason"] != "contraindicated"


def test_a_stop_comes_before_everything_and_a_pause_touches_one_patient(clinic: Clinic) -> None:
    paused, other = clinic.course(checks=[]), clinic.course()
    stop = clinic.made("/stops", WHY | {"patient_id": paused["patient_id"]})
    with clinic.server.services.database.read() as session:
        ledger = ledger_of(clinic, session)
        assert reason(ledger, paused["id"]) == (HoldReason.PATIENT_PAUSED, (stop["id"],))
        assert reason(ledger, other["id"]) is None
    whole = clinic.made("/stops", WHY)
    with clinic.server.services.database.read() as session:
        ledger = ledger_of(clinic, session)
        for course in (paused, other):
            assert reason(ledger, course["id"]) == (HoldReason.SITE_STOPPED, (whole["id"],))


def test_another_optimiser_holds_a_running_course_until_a_person_migrates_it(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    course_id, _ = clinic.rated_course()
    before = clinic.ask(course_id)
    monkeypatch.setattr(optimizer_version, "installed", lambda: '{"titrate":"9.9.9"}')
    held = clinic.ask(course_id)
    assert (held["kind"], held["reason"], held["decision"]["release"]) == (
        "hold",
        "optimizer_changed",
        "migrate",
    )
    assert clinic.get(f"/proposals/{before['id']}").json()["status"] == "proposed"
    consent = clinic.made(f"/courses/{course_id}/migrations", {"signed_by": SIGNED_BY})
    changed = {change["package"]: (change["before"], change["after"]) for change in consent["changes"]}
    assert changed["titrate"][1] == "9.9.9"
    assert clinic.ask(course_id)["kind"] == "proposal"
    again = clinic.post(f"/courses/{course_id}/migrations", {"signed_by": SIGNED_BY})
    assert codes([again]) == [(409, "conflict")]


def test_a_severe_report_of_another_course_holds_until_it_is_reviewed_there(clinic: Clinic) -> None:
    harmed, trial_id = clinic.rated_course()
    patient_id = clinic.get(f"/courses/{harmed}").json()["patient_id"]
    other, _ = clinic.rated_course(patient_id=patient_id)
    proposal = clinic.ask(other)
    assert clinic.decide(proposal, action="approve").status_code == 201
    severe = clinic.report(trial_id, 9, kind="discomfort")
    assert severe["withdrawn_proposals"] == [proposal["id"]]
    held = clinic.ask(other)
    assert (held["reason"], held["decision"]["subject_ids"], held["decision"]["release"]) == (
        "adverse_event_elsewhere",
        [severe["reports"][0]["id"]],
        "review",
    )
    advised = clinic.get(f"/courses/{other}/recommendation").json()
    assert (advised["stimulation"], advised["settings"], advised["is_current"]) == ("off", None, True)
    opened_since, _ = clinic.rated_course(patient_id=patient_id)
    assert clinic.ask(opened_since)["reason"] == "adverse_event_elsewhere"
    unharmed, _ = clinic.rated_course()
    assert clinic.ask(unharmed)["kind"] == "proposal"
    body = {"subject": "adverse_event", "subject_id": severe["reports"][0]["id"], "reason": "cause_resolved"}
    clinic.made(f"/courses/{harmed}/reviews", body)
    assert clinic.ask(other)["kind"] == "proposal"


def test_after_a_contraindication_nothing_is_recommended_but_off(clinic: Clinic) -> None:
    course_id = clinic.course(checks=[*CHECKS, *ABSENT], **VNS)["id"]
    clinic.report(clinic.trial(course_id, settings=VNS["start"])["id"], 6)
    clinic.ask(course_id)
    clinic.made(
        f"/courses/{course_id}/preflights", {"checks": [{"check": "bradycardia", "outcome": "present"}]}
    )
    advised = clinic.get(f"/courses/{course_id}/recommendation").json()
    assert (advised["stimulation"], advised["settings"], advised["is_current"]) == ("off", None, False)
