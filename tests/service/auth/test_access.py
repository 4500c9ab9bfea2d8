"""Every route of the application, with every role: the table says who may, the walk shows that the table is kept."""

from typing import Any

import httpx2
import pytest

from service.auth.access import ACCESS, allowed
from service.auth.principal import Role
from tests.service.live import Clinic, Server

AT = "2026-11-20T10:00:00Z"
REPORT = {"measure": "pain", "value": 1, "occurred_at": AT}


def routes_of(server: Server) -> set[str]:
    paths = server.http.get("/openapi.json").json()["paths"]
    return {
        f"{method.upper()} {path.removeprefix('/v1')}"
        for path, entry in paths.items()
        for method in entry
        if path.startswith("/v1/")
    }


class Found:
    """A site with one of everything, to be named by callers who may not see it."""

    def __init__(self, clinic: Clinic) -> None:
        self.site = clinic.site
        course_id, trial_id = clinic.rated_course()
        self.proposal = clinic.ask(course_id)
        self.patient_id = clinic.get(f"/courses/{course_id}").json()["patient_id"]
        stop = clinic.made(
            "/stops", {"reason": "device_recall", "patient_id": self.patient_id, "signed_by": "Dr. A"}
        )
        self.ids = {
            "course_id": course_id,
            "trial_id": trial_id,
            "proposal_id": self.proposal["id"],
            "ask_id": self.proposal["ask_id"],
            "patient_id": self.patient_id,
            "stop_id": stop["id"],
            "problem_id": trial_id,
            "name": "scs-tonic",
        }
        self.examples = examples(clinic.server)
        self.examples["/courses/{course_id}/reports"] = {"reports": [REPORT | {"trial_id": trial_id}]}
        self.examples["/courses"] = self.examples["/courses"] | {"patient_id": self.patient_id}

    def call(self, caller: Clinic, route: str) -> httpx2.Response:
        method, path = route.split()
        filled = path.format_map(self.ids)
        if method == "GET":
            return caller.get(filled)
        return caller.post(filled, self.examples[path], **{"If-Match": self.proposal["etag"]})


def examples(server: Server) -> dict[str, Any]:
    """Give the documented example of every body, by path."""
    document = server.http.get("/openapi.json").json()
    found = {}
    for path, entry in document["paths"].items():
        if "post" in entry:
            name = entry["post"]["requestBody"]["content"]["application/json"]["schema"]["$ref"].rsplit(
                "/", 1
            )[-1]
            found[path.removeprefix("/v1")] = document["components"]["schemas"][name]["examples"][0]
    return found


@pytest.fixture(scope="module")
def found(server: Server) -> Found:
    return Found(server.clinic())


def caller_with(server: Server, role: Role, site: str, patient_id: str) -> Clinic:
    bound = {"patient_id": patient_id} if role is Role.PATIENT_APP else {}
    return server.clinic(role, site=site, **bound)


def test_every_route_has_its_line_and_every_line_its_route(server: Server) -> None:
    assert routes_of(server) == set(ACCESS)


def test_a_route_without_a_line_is_open_to_nobody() -> None:
    assert allowed("DELETE", "/patients") == frozenset()


def test_what_a_role_is_for_is_all_it_may() -> None:
    opened = {role: {route for route, roles in ACCESS.items() if role in roles} for role in Role}
    writes = {role: {route for route in opened[role] if not route.startswith("GET ")} for role in Role}
    devices = {route for route in opened[Role.PATIENT_APP] if "/devices" in route}
    reports = {"POST /courses/{course_id}/reports", "POST /trials/{trial_id}/reports"}
    assert opened[Role.PATIENT_APP] - devices == reports
    of_auditor = {"GET /audit", "GET /stops", "GET /stops/{stop_id}"}
    assert opened[Role.AUDITOR] - devices == of_auditor, "who did what, nothing of what a patient said"
    assert writes[Role.RESEARCHER] == writes[Role.AUDITOR] == set()
    assert writes[Role.PROGRAMMER] <= {
        "POST /courses/{course_id}/trials",
        "POST /courses/{course_id}/preflights",
    }
    assert "GET /proposals/{proposal_id}" not in opened[Role.PROGRAMMER], (
        "it reads what was approved, nothing else"
    )
    assert {
        route for route, roles in ACCESS.items() if "decisions" in route and roles != {Role.CLINICIAN}
    } == set()


@pytest.mark.parametrize("role", Role)
def test_no_role_reaches_another_sites_data_and_none_passes_the_table(
    role: Role, found: Found, server: Server
) -> None:
    stranger = caller_with(server, role, "elsewhere", found.patient_id)
    for route in sorted(routes_of(server)):
        reply = found.call(stranger, route)
        if role not in ACCESS[route]:
            assert (reply.status_code, reply.json()["code"]) == (403, "forbidden"), route
        elif "_id}" in route or route == "POST /courses":
            assert (reply.status_code, reply.json()["code"]) == (404, "not-found"), route
            assert found.patient_id not in reply.text, route
        else:
            assert reply.status_code != 403, route
            assert found.patient_id not in reply.text, route


@pytest.mark.parametrize("role", Role)
def test_within_the_site_the_table_alone_decides(role: Role, found: Found, server: Server) -> None:
    colleague = caller_with(server, role, found.site, found.patient_id)
    for route in sorted(routes_of(server), key=lambda route: "decisions" in route or "asks" in route):
        status = found.call(colleague, route).status_code
        assert (status == 403) == (role not in ACCESS[route]), route
        assert status not in (401, 405, 500), route


def test_a_patient_app_writes_for_its_own_patient_alone(found: Found, server: Server) -> None:
    other = Found(server.clinic(site=found.site))
    own = caller_with(server, Role.PATIENT_APP, found.site, found.patient_id)
    for route in (
        route for route, roles in ACCESS.items() if Role.PATIENT_APP in roles and "reports" in route
    ):
        assert found.call(own, route).status_code == 201
        assert other.call(own, route).status_code == 404
