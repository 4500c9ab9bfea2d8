from tests.service.live import START, Clinic, codes


def test_the_same_question_has_the_same_open_answer(clinic: Clinic) -> None:
    course_id, _ = clinic.rated_course()
    first = clinic.post(f"/courses/{course_id}/asks", {})
    again = clinic.post(f"/courses/{course_id}/asks", {})
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    clinic.decide(first.json(), action="approve")
    assert clinic.ask(course_id)["id"] == first.json()["id"], "approved and not applied: it still holds"


def test_what_was_rejected_is_not_proposed_again_before_the_next_trial(clinic: Clinic) -> None:
    course_id, _ = clinic.rated_course()
    seen: list[dict[str, object]] = []
    for _ in range(3):
        answer = clinic.ask(course_id)
        assert answer["kind"] == "proposal"
        assert answer["settings"] not in seen
        seen.append(answer["settings"])
        assert clinic.decide(answer, action="reject", reason="patient_preference").status_code == 201


def test_the_answer_names_what_it_rests_on(clinic: Clinic) -> None:
    course_id, _ = clinic.rated_course()
    course = clinic.get(f"/courses/{course_id}").json()
    answer = clinic.ask(course_id)
    basis = answer["decision"]["basis"]
    assert basis["problem_fingerprint"] == course["problem_fingerprint"]
    assert basis["history_digest"] == course["history_digest"]
    assert answer["valid_until"] is not None
    step = answer["decision"]["steps"][0]
    assert dict(zip(step["settings"]["names"], step["settings"]["values"], strict=True)) == answer["settings"]


def test_at_home_the_patients_range_is_due_and_kept(clinic: Clinic) -> None:
    course_id, _ = clinic.rated_course()
    assert clinic.ask(course_id, in_clinic=False)["reason"] == "home_range_unknown"
    answer = clinic.ask(course_id, in_clinic=False, patient_range_ma=[4, 5])
    if answer["kind"] == "proposal":
        assert 4 <= answer["settings"]["amplitude_ma"] <= 5
        assert answer["settings"]["configuration"] == START["configuration"]


def test_a_question_that_cannot_be_is_refused(clinic: Clinic) -> None:
    course_id, _ = clinic.rated_course()
    path = f"/courses/{course_id}/asks"
    bodies = [
        {"locked": ["burst_hz"]},
        {"patient_range_ma": [5, 4]},
        {"q": 0},
        {"q": 1.5},
        {"in_clinic": "yes"},
    ]
    found = codes([clinic.post(path, body) for body in bodies])
    assert found == [(422, "unknown-parameter"), (422, "problem-definition")] + [(422, "invalid-request")] * 3
