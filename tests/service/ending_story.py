"""A course ends: every claim asserted, on whichever database the clinic's server has."""

from typing import Any

from tests.service.live import SIGNED_BY, START, Clinic, codes

OVER = "2026-11-20T21:00:00+01:00"
"""After the trial and the reports of a rated course."""
END = {"reason": "device_replaced", "occurred_at": OVER, "signed_by": SIGNED_BY}


def tell(clinic: Clinic) -> None:
    """An approval and an open proposal wait; the device is replaced."""
    course_id, trial_id = clinic.rated_course()
    approved = clinic.ask(course_id)
    assert clinic.decide(approved, action="approve").status_code == 201
    clinic.report(trial_id, 5)
    still_open = clinic.ask(course_id)
    assert clinic.get(f"/courses/{course_id}").json()["ended"] is None
    made = clinic.post(f"/courses/{course_id}/end", END, key="the end")
    assert made.status_code == 201, made.text
    assert sorted(made.json()["withdrawn_proposals"]) == sorted([approved["id"], still_open["id"]])
    _once_and_for_good(clinic, course_id, made.json())
    _nothing_leaves(clinic, course_id, approved, still_open)
    _facts_are_kept(clinic, course_id, trial_id)


def _once_and_for_good(clinic: Clinic, course_id: str, made: dict[str, Any]) -> None:
    again = clinic.post(f"/courses/{course_id}/end", END, key="the end")
    assert (again.json(), again.headers["Idempotent-Replayed"]) == (made, "true")
    assert codes([clinic.post(f"/courses/{course_id}/end", END)]) == [(409, "course-ended")]
    seen = clinic.get(f"/courses/{course_id}").json()
    assert seen["ended"] == {name: made[name] for name in ("reason", "occurred_at", "recorded_at")}
    assert (made["reason"], made["occurred_at"]) == ("device_replaced", "2026-11-20T20:00:00Z")
    of_patient = f"/courses?patient_id={seen['patient_id']}"
    assert [course["ended"] for course in clinic.get(of_patient).json()] == [seen["ended"]]
    assert clinic.get(f"{of_patient}&open=true").json() == []
    assert seen["to_program"] is None
    entries = clinic.get(f"/courses/{course_id}/timeline?limit=500").json()
    (ended,) = [entry for entry in entries if entry["kind"] == "end"]
    assert (ended["id"], ended["principal"]) == (made["id"], "dr")
    assert ended["body"] == {"reason": "device_replaced", "signed_by": SIGNED_BY}


def _nothing_leaves(clinic: Clinic, course_id: str, *proposals: dict[str, Any]) -> None:
    for proposal in proposals:
        seen = clinic.get(f"/proposals/{proposal['id']}").json()
        assert (seen["status"], seen["reason"], seen["approved"]) == ("withdrawn", "course_ended", None)
        refused = clinic.get(f"/proposals/{proposal['id']}/program")
        assert codes([refused]) == [(409, "proposal-withdrawn")]
        assert "course_ended" in refused.json()["detail"]
        assert codes([clinic.decide(seen, action="approve")]) == [(409, "proposal-withdrawn")]
    change = {"envelope": {"amplitude_ma": [0, 8]}, "reason": "clinical_judgement", "signed_by": SIGNED_BY}
    replies = [
        clinic.post(f"/courses/{course_id}/asks", {}),
        clinic.post(f"/courses/{course_id}/problems", change),
        clinic.post(f"/courses/{course_id}/migrations", {"signed_by": SIGNED_BY}),
    ]
    assert codes(replies) == [(409, "course-ended")] * 3
    advised = clinic.get(f"/courses/{course_id}/recommendation").json()
    assert (advised["stimulation"], advised["settings"], advised["is_current"]) == ("no_advice", None, False)
    assert clinic.get("/worklist").json() == []


def _facts_are_kept(clinic: Clinic, course_id: str, trial_id: str) -> None:
    before = clinic.trial(course_id, occurred_at="2026-11-20T20:30:00+01:00")
    after = clinic.trial(course_id, occurred_at="2026-11-20T21:30:00+01:00")
    assert (before["flags"], after["flags"]) == (["not_proposed"], ["after_course_end", "not_proposed"])
    assert clinic.report(before["id"], 4)["reports"][0]["flags"] == ["before_trial"]
    corrected = {"settings": START | {"amplitude_ma": 4.4}, "occurred_at": "2026-11-20T10:00:00+01:00"}
    amendment = {"reason": "device_log_differs", "trial": corrected}
    assert clinic.made(f"/trials/{trial_id}/amendments", amendment)["flags"] == ["not_proposed"]
    seen = clinic.get(f"/courses/{course_id}").json()
    assert (seen["n_trials"], seen["n_reports"]) == (3, 3)
