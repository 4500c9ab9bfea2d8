from service.ledger.verify import verify
from tests.service.amendment_story import AT, applied, correct, tell
from tests.service.live import START, Clinic, codes
from tests.service.proposals.asking import arrives, being_answered, document_of

BOUNDARY = {"measure": "side_effect", "kind": "discomfort", "value": 8, "occurred_at": AT}


def test_a_corrected_application_leads_to_a_new_decision_and_the_old_one_keeps_its_basis(
    clinic: Clinic,
) -> None:
    tell(clinic)
    with clinic.server.services.database.snapshot() as connection:
        assert verify(connection).findings == ()


def test_a_correction_says_why_and_whole_settings_of_the_device(clinic: Clinic) -> None:
    course_id, trial_id = clinic.rated_course()
    path, body = f"/trials/{trial_id}/amendments", {"reason": "entered_wrongly", "trial": applied(4.0)}
    before = clinic.get(f"/courses/{course_id}/timeline").content
    replies = [
        clinic.post(path, {"trial": applied(4.0)}),
        clinic.post(path, {"reason": "entered_wrongly"}),
        clinic.post(path, body | {"trial": applied(4.0, settings={"amplitude_ma": 4})}),
        clinic.post(path, body | {"trial": applied(4.0, ended_at="2026-11-19T10:00:00Z")}),
        clinic.post(path, body | {"trial": applied(4.0, proposal_id=course_id)}),
        clinic.post(f"/trials/{course_id}/amendments", body),
        clinic.server.clinic().post(path, body),
    ]
    assert codes(replies) == [
        (422, "invalid-request"),
        (422, "invalid-request"),
        (422, "unknown-parameter"),
        (422, "trial-order"),
        (422, "invalid-request"),
        (404, "not-found"),
        (404, "not-found"),
    ]
    assert clinic.get(f"/courses/{course_id}/timeline").content == before


def test_a_correction_is_flagged_like_any_application(clinic: Clinic) -> None:
    _, trial_id = clinic.rated_course()
    made = correct(clinic, trial_id, 25.0, settings=START | {"amplitude_ma": 25.03})
    assert not made["on_grid"]
    assert made["flags"] == ["not_proposed", "off_grid", "outside_envelope", "past_limit"]


def test_a_trial_taken_back_counts_no_more_and_can_be_brought_back(clinic: Clinic) -> None:
    course_id, _ = clinic.rated_course()
    twice = clinic.trial(course_id, settings=START | {"amplitude_ma": 4.2})["id"]
    clinic.report(twice, 1)
    assert correct(clinic, twice, None)["settings"] is None
    seen = clinic.get(f"/courses/{course_id}").json()
    assert (seen["n_trials"], seen["n_reports"], seen["in_force"]) == (1, 1, START)
    late = clinic.report(twice, 2)["reports"][0]
    assert late["flags"] == ["trial_taken_back"]
    assert clinic.get(f"/courses/{course_id}").json()["n_reports"] == 1
    correct(clinic, twice, 4.2)
    assert clinic.get(f"/courses/{course_id}").json()["n_reports"] == 3


def test_a_correction_closes_more_and_reopens_nothing(clinic: Clinic) -> None:
    course_id, trial_id = clinic.rated_course()
    severe = clinic.made(f"/trials/{trial_id}/reports", BOUNDARY)["reports"][0]["id"]
    review = {"subject": "closure", "subject_id": severe, "reason": "cause_resolved"}
    clinic.made(f"/courses/{course_id}/reviews", review)
    correct(clinic, trial_id, 3.5)
    held = clinic.trial(course_id, settings=START | {"amplitude_ma": 3.5})
    assert "closed" in held["flags"], "the release was given on another account of what was applied"
    clinic.made(f"/courses/{course_id}/reviews", review)
    assert "closed" not in clinic.trial(course_id, settings=START | {"amplitude_ma": 3.5})["flags"]


def test_a_trial_taken_back_goes_on_closing_what_a_severe_report_closed(clinic: Clinic) -> None:
    course_id, trial_id = clinic.rated_course()
    clinic.made(f"/trials/{trial_id}/reports", BOUNDARY)
    correct(clinic, trial_id, None)
    assert "closed" in clinic.trial(course_id)["flags"]
    assert clinic.ask(course_id)["reason"] == "unreviewed_adverse_event"


def test_an_application_taken_back_does_not_let_its_proposal_be_programmed_again(clinic: Clinic) -> None:
    course_id, _ = clinic.rated_course()
    proposal = clinic.ask(course_id)
    clinic.decide(proposal, action="approve")
    trial_id = clinic.trial(course_id, settings=proposal["settings"], proposal_id=proposal["id"])["id"]
    correct(clinic, trial_id, None)
    assert clinic.get(f"/proposals/{proposal['id']}").json()["status"] == "applied"
    assert clinic.get(f"/courses/{course_id}").json()["to_program"] is None


def test_an_answer_computed_while_a_trial_was_corrected_is_withdrawn_when_it_arrives(clinic: Clinic) -> None:
    course_id, trial_id = clinic.rated_course()
    answer = clinic.ask(course_id)
    clinic.decide(answer, action="reject", reason="patient_preference")
    ask_id = being_answered(clinic, course_id)
    correct(clinic, trial_id, 4.4)
    arrives(clinic, ask_id, document_of(clinic, answer["id"]))
    seen = clinic.get(f"/courses/{course_id}/asks/{ask_id}").json()
    assert (seen["status"], seen["reason"]) == ("withdrawn", "record_changed_while_computing")
