"""The application as a whole, over a real socket."""

from tests.service.life_cycle_story import tell
from tests.service.live import Clinic, Server


def test_a_course_runs_from_first_question_to_release(clinic: Clinic) -> None:
    tell(clinic)


def test_every_answer_names_its_request_and_is_not_cached(clinic: Clinic) -> None:
    replies = [clinic.get("/patients"), clinic.get("/nowhere"), clinic.post("/patients", {})]
    assert len({reply.headers["X-Request-Id"] for reply in replies}) == 3
    assert {reply.headers["Cache-Control"] for reply in replies} == {"no-store"}


def test_every_route_but_health_needs_a_key(server: Server) -> None:
    document = server.http.get("/openapi.json").json()
    ours = [
        (path, method)
        for path, entry in document["paths"].items()
        for method in entry
        if path.startswith("/v1")
    ]
    assert len(ours) >= 17
    for path, method in ours:
        filled = path.replace("{", "").replace("}", "")
        reply = server.http.request(method.upper(), filled, json={} if method == "post" else None)
        assert (reply.status_code, reply.json()["code"]) == (401, "not-authenticated"), path
        assert reply.headers["WWW-Authenticate"] == "Bearer"


def test_the_document_has_an_example_for_every_body(server: Server) -> None:
    document = server.http.get("/openapi.json").json()
    bodies = {
        entry["post"]["requestBody"]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[-1]
        for path, entry in document["paths"].items()
        if "post" in entry
    }
    schemas = document["components"]["schemas"]
    without = {name for name in bodies if not schemas[name].get("examples")}
    assert bodies >= {"NewPatient", "NewCourse", "NewAsk", "NewDecision", "NewTrial", "NewReport"}
    assert without == set()
