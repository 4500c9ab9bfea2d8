"""A course from the first question to a severe report and its release, over HTTP. Told on both databases."""

from tests.service.live import START, Clinic


def tell(clinic: Clinic) -> None:
    """Walk the life cycle; every step asserts."""
    course_id = clinic.course()["id"]
    first = clinic.ask(course_id)
    assert (first["kind"], first["reason"], first["status"]) == ("hold", "no_rating", "advice")
    assert first["settings"] == {**START, "pulse_width_us": 300.0, "frequency_hz": 40.0}

    trial_id = clinic.trial(course_id)["id"]
    clinic.report(trial_id, 6)
    proposal = clinic.ask(course_id)
    assert (proposal["kind"], proposal["status"], proposal["fallback"]) == ("proposal", "proposed", None)
    assert clinic.ask(course_id)["id"] == proposal["id"], "nothing changed: the open proposal is the answer"

    approved = clinic.decide(proposal, action="approve")
    assert approved.status_code == 201
    assert approved.json()["approved"] == proposal["settings"]
    applied = clinic.trial(
        course_id,
        settings=proposal["settings"],
        proposal_id=proposal["id"],
        occurred_at="2026-11-21T00:00:00Z",
    )
    assert applied["flags"] == []
    assert clinic.get(f"/proposals/{proposal['id']}").json()["status"] == "applied"
    assert clinic.get(f"/courses/{course_id}").json()["in_force"] == proposal["settings"]

    clinic.report(applied["id"], 5)
    following = clinic.ask(course_id)
    assert following["id"] != proposal["id"]
    harm = clinic.report(applied["id"], 3, kind="weakness")
    assert harm["reports"][0]["severe"]
    if following["kind"] == "proposal":
        assert harm["withdrawn_proposals"] == [following["id"]]
    held = clinic.ask(course_id)
    assert (held["kind"], held["reason"]) == ("hold", "unreviewed_adverse_event")
    subject = harm["reports"][0]["id"]
    assert held["decision"]["subject_ids"] == [subject]

    for subject_kind in ("adverse_event", "closure"):
        body = {"subject": subject_kind, "subject_id": subject, "reason": "cause_resolved"}
        clinic.made(f"/courses/{course_id}/reviews", body)
    assert clinic.ask(course_id)["reason"] != "unreviewed_adverse_event"

    page = clinic.get(f"/courses/{course_id}/timeline?limit=500").json()
    assert [entry["sequence"] for entry in page] == sorted(entry["sequence"] for entry in page)
    assert {entry["kind"] for entry in page} >= {
        "course",
        "ask",
        "proposal",
        "decision",
        "trial",
        "report",
        "review",
    }
