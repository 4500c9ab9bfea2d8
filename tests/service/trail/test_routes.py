from datetime import UTC, datetime, timedelta

import pytest

from service.auth.principal import Role
from tests.service.live import Server, codes


def test_an_auditor_reads_both_trails_of_the_site_page_by_page(server: Server) -> None:
    clinic, elsewhere = server.clinic(), server.clinic()
    course_id, _ = clinic.rated_course()
    elsewhere.rated_course()
    reader = server.clinic(Role.RESEARCHER, site=clinic.site, principal="reader")
    for _ in range(4):
        assert reader.get(f"/courses/{course_id}").status_code == 200
    auditor = server.clinic(Role.AUDITOR, site=clinic.site, principal="eve")
    writes = auditor.get("/audit").json()
    assert [line["status"] for line in writes] == [201] * len(writes)
    assert {line["principal"] for line in writes} == {"dr"}
    pages, path = [], "/audit?of=access&principal=reader&limit=3"
    while path:
        reply = auditor.get(path)
        pages += reply.json()
        path = reply.links.get("next", {}).get("url", "").removeprefix("/v1")
    expected = ("reader", "GET", f"/v1/courses/{course_id}", 200)
    assert [(p["principal"], p["method"], p["route"], p["status"]) for p in pages] == [expected] * 4
    assert pages[0]["credential"].startswith("key:")


def test_reading_the_trail_is_on_the_trail(server: Server) -> None:
    auditor = server.clinic(Role.AUDITOR, principal="eve")
    auditor.get("/audit")
    found = auditor.get("/audit?of=access").json()
    assert [(line["route"], line["status"]) for line in found] == [("/v1/audit", 200)]


def test_since_leaves_out_what_was_before(server: Server) -> None:
    auditor = server.clinic(Role.AUDITOR)
    auditor.get("/audit")
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat().replace("+", "%2B")
    earlier = (datetime.now(UTC) - timedelta(hours=1)).isoformat().replace("+", "%2B")
    assert auditor.get(f"/audit?of=access&since={later}").json() == []
    assert len(auditor.get(f"/audit?of=access&since={earlier}").json()) == 2


@pytest.mark.parametrize(
    "query", ["of=all", "since=yesterday", "limit=0", "limit=501", "after=-1", "principal=%00"]
)
def test_a_query_of_another_shape_is_refused(query: str, server: Server) -> None:
    auditor = server.clinic(Role.AUDITOR)
    assert codes([auditor.get(f"/audit?{query}")]) == [(422, "invalid-request")]
