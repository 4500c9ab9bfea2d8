import re

from tests.service.live import Clinic


def test_what_the_page_loads_is_one_version_and_held_against_its_hash(clinic: Clinic) -> None:
    page = clinic.server.http.get("/docs").text
    loaded = re.findall(r"<(?:script src|link [^>]*href)=[^>]*>", page)
    assert len(loaded) == 2
    for tag in loaded:
        assert re.search(r"swagger-ui-dist@\d+\.\d+\.\d+/", tag), tag
        assert re.search(r'integrity="sha384-[A-Za-z0-9+/]{64}" crossorigin="anonymous"', tag), tag


def test_the_page_may_run_its_own_script_and_nothing_else_may(clinic: Clinic) -> None:
    policy = clinic.server.http.get("/docs").headers["Content-Security-Policy"]
    assert re.search(
        r"script-src 'unsafe-inline' https://cdn\.jsdelivr\.net/npm/swagger-ui-dist@[0-9.]+/;", policy
    )
    assert "script" not in clinic.get("/patients").headers["Content-Security-Policy"]


def test_without_the_internet_the_page_names_the_document_that_needs_none(clinic: Clinic) -> None:
    assert 'href="/openapi.json"' in clinic.server.http.get("/docs").text
    assert clinic.server.http.get("/redoc").status_code == 404
