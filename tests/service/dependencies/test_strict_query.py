import pytest

from service.auth.access import ACCESS
from tests.service.live import SIGNED_BY, Clinic, codes

SECRET = "Zacharias-Zwiebelfisch"


@pytest.mark.parametrize(
    ("path", "field", "known"),
    [
        (f"/patients?Pseudonym={SECRET}", "query.(undocumented)", "pseudonym"),
        (f"/patients?{SECRET}=x&pseudonym=y", "query.(undocumented)", "pseudonym"),
        ("/worklist?limit=5&since=2026-11-20T10:00:00Z", "query.since", "after, limit, kind"),
        ("/devices?limit=5", "query.limit", "none"),
    ],
)
def test_a_parameter_the_route_does_not_know_is_refused_with_those_it_knows_and_no_value(
    path: str, field: str, known: str, clinic: Clinic
) -> None:
    reply = clinic.get(path)
    assert (reply.status_code, reply.headers["Content-Type"]) == (422, "application/problem+json")
    found = reply.json()
    assert (found["code"], found["field"]) == ("invalid-request", field)
    assert found["errors"] == [
        {
            "field": field,
            "code": "unknown_parameter",
            "problem": "is not a documented parameter of this route",
            "limit": known,
        }
    ]
    assert SECRET not in reply.text


def test_every_route_refuses_a_parameter_it_does_not_know_before_it_does_anything(clinic: Clinic) -> None:
    stranger = "01938b3e-5f0c-7d2a-9c41-7f1f5f0a8a11"
    for route in ACCESS:
        method, template = route.split()
        path = "/".join(stranger if part.startswith("{") else part for part in template.split("/"))
        reply = clinic.get(path + "?x=1") if method == "GET" else clinic.post(path + "?x=1", {})
        # who may not call it is told that first
        assert codes([reply])[0] in ((422, "invalid-request"), (403, "forbidden")), route


def test_a_write_with_an_unknown_parameter_writes_nothing_and_may_be_repeated_without(clinic: Clinic) -> None:
    stop = {"reason": "software_fault", "signed_by": SIGNED_BY}
    refused = clinic.post("/stops?patient=all", stop, key="once")
    assert codes([refused]) == [(422, "invalid-request")]
    assert clinic.get("/stops").json() == []
    assert clinic.post("/stops", stop, key="once").status_code == 201
