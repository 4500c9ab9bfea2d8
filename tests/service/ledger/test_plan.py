"""How far an approved plan goes on, as a programming system meets it over HTTP."""

from datetime import timedelta
from typing import Any

import pytest

from service.errors import ProposalExpiredError
from service.proposals.programming import program
from tests.service.live import START, Clinic, codes
from tests.service.proposals.asking import ledger_of


def programmed(clinic: Clinic, proposal: dict[str, Any]) -> list[tuple[int, str]]:
    return codes([clinic.get(f"/proposals/{proposal['id']}/program")])


def borne(clinic: Clinic, trial_id: str, at: str = "2026-11-20T10:30:00+01:00") -> None:
    """Tell that a step was tolerated."""
    told = {"measure": "side_effect", "kind": "discomfort", "value": 0, "occurred_at": at}
    clinic.made(f"/trials/{trial_id}/reports", told)


def begun_plan(clinic: Clinic, *, rated: bool = True) -> tuple[dict[str, Any], list[dict[str, Any]], str]:
    """Approve a plan in a course of its own and apply its first step; returns it, its steps and the trial."""
    course_id, _ = clinic.well_rated_course()
    plan = clinic.ask(course_id, q=3)
    clinic.decide(plan, action="approve")
    shown = clinic.get(f"/proposals/{plan['id']}/program").json()
    listed = [shown["settings"], *shown["then"]]
    assert len(listed) == len([shown["contact_shares"], *shown["then_contact_shares"]]) == 3
    trial_id = clinic.trial(course_id, settings=listed[0], proposal_id=plan["id"])["id"]
    if rated:
        borne(clinic, trial_id)
    return plan, listed, trial_id


def test_a_plan_goes_on_step_by_step_to_its_end(clinic: Clinic) -> None:
    plan, steps, _ = begun_plan(clinic)
    shown = clinic.get(f"/proposals/{plan['id']}/program").json()
    assert (shown["settings"], shown["then"]) == (steps[1], steps[2:])
    assert shown["amplitude_range_ma"] == plan["decision"]["steps"][1]["amplitude_range_ma"]
    later = {"proposal_id": plan["id"], "occurred_at": "2026-11-20T11:00:00+01:00"}
    second = clinic.trial(plan["course_id"], settings=steps[1], **later)
    assert "differs_from_approval" not in second["flags"]
    assert programmed(clinic, plan) == [(409, "step-unrated")]
    borne(clinic, second["id"], "2026-11-20T11:30:00+01:00")
    shown = clinic.get(f"/proposals/{plan['id']}/program").json()
    assert (shown["settings"], shown["then"]) == (steps[2], [])
    later["occurred_at"] = "2026-11-20T12:00:00+01:00"
    clinic.trial(plan["course_id"], settings=steps[2], **later)
    assert programmed(clinic, plan) == [(409, "proposal-applied")]


def test_a_course_names_its_plan_to_program_for_as_long_as_the_plan_goes_on(clinic: Clinic) -> None:
    def named(course_id: str) -> tuple[str | None, int]:
        told = clinic.get(f"/courses/{course_id}").json()["to_program"]
        return told, clinic.get(f"/proposals/{plan['id']}/program").status_code

    plan, steps, trial_id = begun_plan(clinic)
    course_id = plan["course_id"]
    for hour, step in enumerate(steps[1:], start=11):
        assert named(course_id) == (plan["id"], 200)
        assert clinic.get(f"/proposals/{plan['id']}").json()["status"] == "applied", "from its first step on"
        at = f"2026-11-20T{hour}:00:00+01:00"
        trial_id = clinic.trial(course_id, settings=step, proposal_id=plan["id"], occurred_at=at)["id"]
        borne(clinic, trial_id, f"2026-11-20T{hour}:30:00+01:00")
    assert named(course_id) == (None, 409)
    plan, _, trial_id = begun_plan(clinic)
    clinic.report(trial_id, 5, kind="discomfort")
    assert named(plan["course_id"]) == (None, 409)


def test_the_next_step_waits_until_the_one_before_was_rated_and_the_course_goes_on_naming_the_plan(
    clinic: Clinic,
) -> None:
    plan, steps, trial_id = begun_plan(clinic, rated=False)
    assert programmed(clinic, plan) == [(409, "step-unrated")]
    assert clinic.get(f"/courses/{plan['course_id']}").json()["to_program"] == plan["id"]
    before = "2026-11-20T09:00:00+01:00"
    borne(clinic, trial_id, before)
    assert programmed(clinic, plan) == [(409, "step-unrated")], "it was about the time before"
    clinic.report(trial_id, 3)
    assert clinic.get(f"/proposals/{plan['id']}/program").json()["settings"] == steps[1]


def test_a_step_that_was_not_the_next_is_flagged(clinic: Clinic) -> None:
    plan, steps, _ = begun_plan(clinic)

    def applied(step: int, hour: int) -> list[str]:
        at = f"2026-11-20T{hour}:00:00+01:00"
        told: list[str] = clinic.trial(
            plan["course_id"], settings=steps[step], proposal_id=plan["id"], occurred_at=at
        )["flags"]
        return told

    assert applied(2, 12) == ["out_of_order"]
    assert applied(1, 11) == [], "told late"
    assert applied(1, 13) == ["out_of_order"], "twice"


@pytest.mark.parametrize(("grade", "kind"), [(8, "discomfort"), (5, "discomfort"), (1, "weakness")])
def test_harm_voids_the_rest_of_a_plan_and_neither_review_nor_retraction_revives_it(
    grade: int, kind: str, clinic: Clinic
) -> None:
    plan, _, trial_id = begun_plan(clinic)
    report = clinic.report(trial_id, grade, kind=kind)["reports"][0]
    report_id, path = report["id"], f"/courses/{plan['course_id']}/reviews"
    reply = clinic.get(f"/proposals/{plan['id']}/program")
    assert codes([reply]) == [(409, "proposal-applied")]
    assert "not_tolerated" in reply.json()["detail"]
    for subject in ("adverse_event", "closure") if report["severe"] else ("closure",):
        clinic.made(path, {"subject": subject, "subject_id": report_id, "reason": "tolerable_on_review"})
    assert programmed(clinic, plan) == [(409, "proposal-applied")]
    retracted = {"measure": "side_effect", "kind": kind, "value": None, "amends": report_id}
    retracted |= {"reason": "patient_corrected", "occurred_at": "2026-11-20T20:00:00+01:00"}
    clinic.made(f"/trials/{trial_id}/reports", retracted)
    assert programmed(clinic, plan) == [(409, "proposal-applied")]


def test_harm_in_another_course_of_the_patient_voids_the_rest_of_a_plan_and_no_review_revives_it(
    clinic: Clinic,
) -> None:
    plan, _, _ = begun_plan(clinic)
    patient_id = clinic.get(f"/courses/{plan['course_id']}").json()["patient_id"]
    other, trial_id = clinic.rated_course(patient_id=patient_id)
    assert programmed(clinic, plan) == [(200, "")]
    severe = clinic.report(trial_id, 9, kind="discomfort")["reports"][0]["id"]
    assert programmed(clinic, plan) == [(409, "adverse-event-elsewhere")]
    review = {"subject": "adverse_event", "subject_id": severe, "reason": "cause_resolved"}
    clinic.made(f"/courses/{other}/reviews", review)
    reply = clinic.get(f"/proposals/{plan['id']}/program")
    assert codes([reply]) == [(409, "proposal-applied")]
    assert "severe_report" in reply.json()["detail"]
    assert clinic.get(f"/courses/{plan['course_id']}").json()["to_program"] is None


def test_what_was_stored_with_stimulation_off_is_no_step_of_a_plan(clinic: Clinic) -> None:
    course_id, _ = clinic.well_rated_course()
    plan = clinic.ask(course_id, q=3)
    clinic.decide(plan, action="approve")
    off = {"settings": plan["settings"], "proposal_id": plan["id"], "kind": "stimulation_off"}
    assert clinic.trial(course_id, **off)["flags"] == ["differs_from_approval"]
    reply = clinic.get(f"/proposals/{plan['id']}/program")
    assert codes([reply]) == [(409, "proposal-applied")]
    assert "differs_from_approval" in reply.json()["detail"]


def test_a_ramp_that_met_discomfort_voids_the_rest_of_a_plan(clinic: Clinic) -> None:
    plan, _, _ = begun_plan(clinic)
    ramp = [{"amplitude_ma": 1.0, "outcome": "discomfort"}]
    clinic.trial(plan["course_id"], settings=START, occurred_at="2026-11-20T11:00:00+01:00", ramp=ramp)
    assert "not_tolerated" in clinic.get(f"/proposals/{plan['id']}/program").json()["detail"]


def test_a_correction_of_what_was_applied_voids_the_rest_of_a_plan(clinic: Clinic) -> None:
    plan, _, trial_id = begun_plan(clinic)
    clinic.made(f"/trials/{trial_id}/amendments", {"reason": "never_applied", "trial": None})
    reply = clinic.get(f"/proposals/{plan['id']}/program")
    assert codes([reply]) == [(409, "proposal-applied")]
    assert "trial_amended" in reply.json()["detail"]


def test_other_settings_in_place_of_a_step_void_the_rest_of_a_plan(clinic: Clinic) -> None:
    plan, _, _ = begun_plan(clinic)
    other = START | {"amplitude_ma": 2.0}
    clinic.trial(
        plan["course_id"], settings=other, proposal_id=plan["id"], occurred_at="2026-11-20T11:00:00+01:00"
    )
    reply = clinic.get(f"/proposals/{plan['id']}/program")
    assert codes([reply]) == [(409, "proposal-applied")]
    assert "differs_from_approval" in reply.json()["detail"]


def test_another_approval_voids_the_rest_of_a_plan(clinic: Clinic) -> None:
    plan, _, trial_id = begun_plan(clinic)
    clinic.report(trial_id, 3)
    following = clinic.ask(plan["course_id"])
    edit = {"action": "edit", "reason": "clinical_judgement", "settings": START}
    assert clinic.decide(following, **edit).status_code == 201
    reply = clinic.get(f"/proposals/{plan['id']}/program")
    assert codes([reply]) == [(409, "proposal-applied")]
    assert "superseded" in reply.json()["detail"]


def test_a_plan_past_its_time_does_not_go_on(clinic: Clinic) -> None:
    plan, _, _ = begun_plan(clinic)
    with clinic.server.services.database.read() as session:
        ledger = ledger_of(clinic, session)
        ledger.now += timedelta(days=8)
        with pytest.raises(ProposalExpiredError):
            program(ledger, plan["id"])


def test_an_edit_of_the_first_step_voids_the_rest_of_a_plan(clinic: Clinic) -> None:
    course_id, _ = clinic.well_rated_course()
    plan = clinic.ask(course_id, q=3)
    edited = START | {"amplitude_ma": 0.5}
    clinic.decide(plan, action="edit", reason="clinical_judgement", settings=edited)
    shown = clinic.get(f"/proposals/{plan['id']}/program").json()
    assert (shown["settings"]["amplitude_ma"], shown["then"]) == (0.5, [])
    second = dict(zip(START, plan["decision"]["steps"][1]["settings"]["values"], strict=True))
    late = clinic.trial(course_id, settings=second, proposal_id=plan["id"])
    assert "differs_from_approval" in late["flags"], "it was never approved"
    assert programmed(clinic, plan) == [(409, "proposal-applied")]


def test_an_edit_that_changes_nothing_keeps_the_plan(clinic: Clinic) -> None:
    course_id, _ = clinic.well_rated_course()
    plan = clinic.ask(course_id, q=3)
    clinic.decide(plan, action="edit", reason="clinical_judgement", settings=plan["settings"])
    assert len(clinic.get(f"/proposals/{plan['id']}/program").json()["then"]) == 2
