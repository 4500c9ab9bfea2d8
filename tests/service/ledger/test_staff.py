"""Researchers read the record by pseudonym and learn no name of those who treat; everyone else does."""

from service.auth.principal import Role
from tests.service.live import SIGNED_BY, START, Clinic

TIGHTER = {"envelope": {"amplitude_ma": [0, 8]}, "reason": "clinical_judgement", "signed_by": SIGNED_BY}


def test_a_researcher_is_shown_no_name_of_staff_and_a_clinician_is(clinic: Clinic) -> None:
    course_id, _ = clinic.rated_course()
    proposal = clinic.ask(course_id)
    clinic.decide(proposal, action="edit", settings=START, reason="clinical_judgement")
    clinic.made(f"/courses/{course_id}/problems", TIGHTER)
    researcher = clinic.server.clinic(Role.RESEARCHER, site=clinic.site, principal="prof-curious")
    paths = [
        f"/courses/{course_id}",
        f"/courses/{course_id}/timeline",
        f"/courses/{course_id}/history",
        f"/courses/{course_id}/asks/{proposal['ask_id']}",
        f"/proposals/{proposal['id']}",
    ]
    for path in paths:
        seen = researcher.get(path)
        assert seen.status_code == 200, path
        assert SIGNED_BY not in seen.text, path
        assert '"dr"' not in seen.text, path
    entries = researcher.get(f"/courses/{course_id}/timeline").json()
    assert {entry["principal"] for entry in entries} == {"withheld", "optimizer"}
    decision = next(entry for entry in entries if entry["kind"] == "decision")
    assert decision["body"]["signature"]["meaning"] == "authorship"
    signature = researcher.get(paths[-1]).json()["signature"]
    assert (signature["printed_name"], signature["meaning"]) == ("withheld", "authorship")
    told = clinic.get(f"/courses/{course_id}/timeline").json()
    assert [entry["body_digest"] for entry in told] == [entry["body_digest"] for entry in entries]
    assert {entry["principal"] for entry in told} == {"dr", "optimizer"}
    assert clinic.get(paths[-1]).json()["signature"]["printed_name"] == SIGNED_BY


def test_who_treats_and_does_research_sees_as_one_who_treats(clinic: Clinic) -> None:
    course_id = clinic.course()["id"]
    both = clinic.server.clinic(Role.RESEARCHER, Role.RECORDER, site=clinic.site)
    assert {entry["principal"] for entry in both.get(f"/courses/{course_id}/timeline").json()} == {"dr"}
