from service.auth.principal import Role
from tests.service.live import Clinic, Server, codes


def test_the_answer_carries_its_etag_and_place(clinic: Clinic) -> None:
    course_id, _ = clinic.rated_course()
    reply = clinic.post(f"/courses/{course_id}/asks", {})
    body = reply.json()
    assert (reply.status_code, reply.headers["ETag"]) == (201, body["etag"])
    seen = clinic.get(reply.headers["Location"].removeprefix("/v1"))
    assert seen.json() == body
    assert seen.headers["ETag"] == body["etag"]
    assert clinic.get(f"/courses/{course_id}/asks/{body['ask_id']}").json() == body


def test_foreign_answers_do_not_exist(server: Server) -> None:
    here, there = server.clinic(), server.clinic()
    course_id, _ = here.rated_course()
    proposal = here.ask(course_id)
    own_course = there.course()["id"]
    replies = [
        there.get(f"/proposals/{proposal['id']}"),
        there.get(f"/courses/{course_id}/asks/{proposal['ask_id']}"),
        there.get(f"/courses/{own_course}/asks/{proposal['ask_id']}"),
        there.decide(proposal, action="approve"),
    ]
    assert codes(replies) == [(404, "not-found")] * 4
    assert here.get(f"/proposals/{proposal['id']}").json()["status"] == "proposed"


def test_only_a_clinician_asks_and_decides(server: Server) -> None:
    clinic = server.clinic()
    course_id, _ = clinic.rated_course()
    proposal = clinic.ask(course_id)
    for role, status in ((Role.PROGRAMMER, 403), (Role.RECORDER, 200), (Role.RESEARCHER, 200)):
        caller = server.clinic(role, site=clinic.site)
        assert caller.get(f"/proposals/{proposal['id']}").status_code == status
        replies = [caller.post(f"/courses/{course_id}/asks", {}), caller.decide(proposal, action="approve")]
        assert codes(replies) == [(403, "forbidden")] * 2
