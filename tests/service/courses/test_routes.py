from service.auth.principal import Role
from tests.service.live import START, Server, codes


def test_foreign_and_unknown_ids_are_told_apart_by_nobody(server: Server) -> None:
    here, there = server.clinic(), server.clinic()
    course_id, trial_id = here.rated_course()
    unknown = "01938b3e-5f0c-7d2a-9c41-7f1f5f0a8a11"
    trial = {"settings": START, "occurred_at": "2026-11-20T10:00:00Z"}
    report = {"measure": "pain", "value": 1, "occurred_at": "2026-11-20T10:00:00Z"}
    review = {"subject": "hold", "subject_id": trial_id, "reason": "cause_resolved"}
    for found in (course_id, unknown, "x", "%00"):
        replies = [
            there.get(f"/courses/{found}{end}") for end in ("", "/history", "/timeline", "/recommendation")
        ]
        replies += [
            there.post(f"/courses/{found}/trials", trial),
            there.post(f"/courses/{found}/asks", {}),
            there.post(f"/courses/{found}/reviews", review),
            there.post(f"/courses/{found}/reports", {"reports": [report | {"trial_id": trial_id}]}),
        ]
        assert set(codes(replies)) == {(404, "not-found")}
        assert len({reply.json()["detail"] for reply in replies}) == 1
    for found in (trial_id, unknown):
        assert codes([there.post(f"/trials/{found}/reports", report)]) == [(404, "not-found")]


def test_the_timeline_is_read_page_by_page(server: Server) -> None:
    clinic = server.clinic()
    course_id, trial_id = clinic.rated_course()
    for value in range(5):
        clinic.report(trial_id, value)
    whole = clinic.get(f"/courses/{course_id}/timeline").json()
    pages, path = [], f"/courses/{course_id}/timeline?limit=3"
    while path:
        reply = clinic.get(path)
        pages += reply.json()
        path = reply.links.get("next", {}).get("url", "").removeprefix("/v1")
    assert pages == whole
    assert [entry["kind"] for entry in whole] == ["course"] + ["preflight"] * 3 + ["trial"] + ["report"] * 6


def test_who_may_open_and_who_may_read(server: Server) -> None:
    clinic = server.clinic()
    course_id = clinic.course()["id"]
    for role, status in (
        (Role.RESEARCHER, 200),
        (Role.PROGRAMMER, 200),
        (Role.AUDITOR, 403),
        (Role.ADMINISTRATOR, 403),
    ):
        reader = server.clinic(role, site=clinic.site)
        assert reader.get(f"/courses/{course_id}").status_code == status
        assert reader.post("/courses", {}).status_code == 403
