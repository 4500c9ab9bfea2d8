from datetime import timedelta
from typing import Any

import pytest

from service.auth.principal import Role
from service.clock import system_clock
from service.ledger.verify import verify
from tests.service.ending_story import END, tell
from tests.service.ledger.test_plan import begun_plan
from tests.service.live import SIGNED_BY, Clinic, Server, codes
from tests.service.proposals.asking import arrives, being_answered, document_of

NOW = {"reason": "goal_reached", "signed_by": SIGNED_BY}


def test_an_ended_course_lets_nothing_leave_keeps_late_facts_and_is_on_the_chain(clinic: Clinic) -> None:
    tell(clinic)
    with clinic.server.services.database.snapshot() as connection:
        assert verify(connection).findings == ()


def test_an_end_says_why_in_a_code_and_not_that_it_is_to_come(clinic: Clinic) -> None:
    course_id = clinic.course()["id"]
    path, tomorrow = f"/courses/{course_id}/end", (system_clock() + timedelta(days=1)).isoformat()
    replies = [
        clinic.post(path, {"signed_by": SIGNED_BY}),
        clinic.post(path, {"reason": "goal_reached"}),
        clinic.post(path, NOW | {"reason": "because I say so"}),
        clinic.post(path, NOW | {"occurred_at": tomorrow}),
        clinic.server.clinic().post(path, NOW),
        clinic.server.clinic(Role.RECORDER, Role.PROGRAMMER, site=clinic.site).post(path, NOW),
    ]
    assert codes(replies) == [(422, "invalid-request")] * 4 + [(404, "not-found"), (403, "forbidden")]
    assert clinic.get(f"/courses/{course_id}").json()["ended"] is None
    made = clinic.made(path, NOW)
    assert made["occurred_at"] == made["recorded_at"], "now where left out"


def test_of_a_plan_begun_nothing_is_programmed_once_the_course_has_ended(clinic: Clinic) -> None:
    plan, _, _ = begun_plan(clinic)
    path = f"/proposals/{plan['id']}/program"
    assert clinic.get(path).status_code == 200
    assert clinic.made(f"/courses/{plan['course_id']}/end", NOW)["withdrawn_proposals"] == []
    assert codes([clinic.get(path)]) == [(409, "course-ended")]


def test_an_answer_on_its_way_when_the_course_ends_is_withdrawn_when_it_arrives(clinic: Clinic) -> None:
    course_id, _ = clinic.rated_course()
    document = document_of(clinic, clinic.ask(course_id)["id"])
    ask_id = being_answered(clinic, course_id, locked=["frequency_hz"])
    clinic.made(f"/courses/{course_id}/end", NOW)
    arrives(clinic, ask_id, document)
    found = clinic.get(f"/courses/{course_id}/asks/{ask_id}").json()
    assert (found["status"], found["reason"]) == ("withdrawn", "record_changed_while_computing")
    assert codes([clinic.get(f"/proposals/{found['id']}/program")]) == [(409, "proposal-withdrawn")]


def test_a_looser_envelope_that_waits_is_confirmed_no_more(server: Server) -> None:
    clinic = server.clinic()
    course_id = clinic.course()["id"]
    wish = {"envelope": {"amplitude_ma": [0, 10]}, "reason": "clinical_judgement", "signed_by": SIGNED_BY}
    looser = clinic.made(f"/courses/{course_id}/problems", wish)
    clinic.made(f"/courses/{course_id}/end", NOW)
    second = server.clinic(site=clinic.site, principal="colleague")
    path = f"/courses/{course_id}/problems/{looser['id']}/confirmations"
    assert codes([second.post(path, {"signed_by": SIGNED_BY})]) == [(409, "course-ended")]


def test_harm_told_after_the_end_holds_the_patient_s_other_courses_until_it_is_reviewed(
    clinic: Clinic,
) -> None:
    ended, trial_id = clinic.rated_course()
    patient_id = clinic.get(f"/courses/{ended}").json()["patient_id"]
    clinic.made(f"/courses/{ended}/end", END)
    following, _ = clinic.rated_course(patient_id=patient_id)
    proposal = clinic.ask(following)
    assert proposal["kind"] == "proposal", "an ended course holds nobody"
    severe = clinic.report(trial_id, 9, kind="discomfort")
    assert severe["withdrawn_proposals"] == [proposal["id"]]
    assert clinic.ask(following)["reason"] == "adverse_event_elsewhere"
    assert [item["kind"] for item in clinic.get("/worklist").json()] == ["adverse_event", "hold"]
    report_id = severe["reports"][0]["id"]
    body = {"subject": "adverse_event", "subject_id": report_id, "reason": "cause_resolved"}
    clinic.made(f"/courses/{ended}/reviews", body)
    assert clinic.ask(following)["kind"] == "proposal"


@pytest.mark.parametrize("kind", ["hold", "looser_problem", "proposal"])
def test_what_waits_in_a_course_waits_no_more_once_it_has_ended(kind: str, clinic: Clinic) -> None:
    course_id = _waiting(clinic, kind)
    assert [item["kind"] for item in clinic.get("/worklist").json()] == [kind]
    clinic.made(f"/courses/{course_id}/end", NOW)
    assert clinic.get("/worklist").json() == []


def _waiting(clinic: Clinic, kind: str) -> str:
    course_id, _ = clinic.rated_course()
    wish: dict[str, Any] = {"reason": "clinical_judgement", "signed_by": SIGNED_BY}
    if kind == "hold":
        clinic.made(f"/courses/{course_id}/preflights", {"checks": [{"check": "lead", "outcome": "failed"}]})
    if kind == "looser_problem":
        clinic.made(f"/courses/{course_id}/problems", wish | {"envelope": {"amplitude_ma": [0, 10]}})
    else:
        clinic.ask(course_id)
    return course_id
