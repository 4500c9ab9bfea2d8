from concurrent.futures import ThreadPoolExecutor

from tests.service.live import START, Clinic, codes


def timeline_kinds(clinic: Clinic, course_id: str, kind: str) -> list[dict[str, object]]:
    page = clinic.get(f"/courses/{course_id}/timeline?limit=500").json()
    return [entry["body"] for entry in page if entry["kind"] == kind]


def test_one_of_many_decisions_wins_and_the_record_shows_one(clinic: Clinic) -> None:
    course_id, _ = clinic.rated_course()
    proposal = clinic.ask(course_id)
    bodies = [{"action": "approve"}, {"action": "reject", "reason": "patient_preference"}] * 10
    with ThreadPoolExecutor(10) as pool:
        replies = list(pool.map(lambda body: clinic.decide(proposal, **body), bodies))
    assert sorted(codes(replies)) == [(201, "")] + [(409, "proposal-decided")] * 19
    winner = next(body for body, reply in zip(bodies, replies, strict=True) if reply.status_code == 201)
    assert [body["action"] for body in timeline_kinds(clinic, course_id, "decision")] == [winner["action"]]


def test_a_severe_report_withdraws_the_open_proposal(clinic: Clinic) -> None:
    course_id, trial_id = clinic.rated_course()
    proposal = clinic.ask(course_id)
    harm = clinic.report(trial_id, 8, kind="discomfort")
    assert harm["withdrawn_proposals"] == [proposal["id"]]
    seen = clinic.get(f"/proposals/{proposal['id']}").json()
    assert (seen["status"], seen["reason"], seen["approved"]) == ("withdrawn", "severe_report", None)
    assert codes([clinic.decide(proposal, action="approve")]) == [(409, "proposal-withdrawn")]


def test_a_severe_report_withdraws_an_approval_that_was_not_applied(clinic: Clinic) -> None:
    course_id, trial_id = clinic.rated_course()
    proposal = clinic.ask(course_id)
    assert clinic.decide(proposal, action="approve").status_code == 201
    assert clinic.report(trial_id, 1, kind="syncope")["withdrawn_proposals"] == [proposal["id"]]
    seen = clinic.get(f"/proposals/{proposal['id']}").json()
    assert (seen["status"], seen["approved"]) == ("withdrawn", None)
    assert clinic.report(trial_id, 1, kind="syncope")["withdrawn_proposals"] == [], "once is enough"


def test_what_was_applied_before_the_report_stays_applied(clinic: Clinic) -> None:
    course_id, trial_id = clinic.rated_course()
    proposal = clinic.ask(course_id)
    clinic.decide(proposal, action="approve")
    clinic.trial(course_id, settings=proposal["settings"], proposal_id=proposal["id"])
    assert clinic.report(trial_id, 9, kind="discomfort")["withdrawn_proposals"] == []
    assert clinic.get(f"/proposals/{proposal['id']}").json()["status"] == "applied"


def test_asking_again_after_news_supersedes(clinic: Clinic) -> None:
    course_id, trial_id = clinic.rated_course()
    first = clinic.ask(course_id)
    clinic.report(trial_id, 5)
    second = clinic.ask(course_id)
    assert second["id"] != first["id"]
    assert clinic.get(f"/proposals/{first['id']}").json()["status"] == "superseded"
    third = clinic.ask(course_id, locked=["frequency_hz"])
    assert third["settings"]["frequency_hz"] == START["frequency_hz"]
    assert clinic.get(f"/proposals/{second['id']}").json()["status"] == "superseded"
