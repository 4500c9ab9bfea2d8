import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.auth.principal import Role
from service.settings import Settings
from tests.service.live import Clinic, Server, codes, serving


@pytest.fixture(scope="module")
def hurried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve without waiting at all for an answer."""
    folder: Path = tmp_path_factory.mktemp("hurried")
    with serving(Settings(data_folder=folder, ask_wait_s=0.0)) as running:
        yield running


def test_an_ask_past_the_cap_says_where_to_look(hurried: Server) -> None:
    clinic = hurried.clinic()
    course_id, _ = clinic.rated_course()
    reply = clinic.post(f"/courses/{course_id}/asks", {}, key="k")
    assert reply.status_code == 202
    assert reply.json()["status"] == "computing"
    place = reply.headers["Location"].removeprefix("/v1")
    deadline = time.monotonic() + 30
    while (found := clinic.get(place)).status_code == 202:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert found.json()["kind"] == "proposal"
    again = clinic.post(f"/courses/{course_id}/asks", {}, key="k")
    assert (again.status_code, again.json()["id"]) == (201, found.json()["id"])


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
    for role in (Role.PROGRAMMER, Role.RECORDER, Role.RESEARCHER):
        caller = server.clinic(role, site=clinic.site)
        assert caller.get(f"/proposals/{proposal['id']}").status_code == 200
        replies = [caller.post(f"/courses/{course_id}/asks", {}), caller.decide(proposal, action="approve")]
        assert codes(replies) == [(403, "forbidden")] * 2
