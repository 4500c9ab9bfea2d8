from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from optimizer.decision import HoldReason, Purpose, StopReason
from service.auth.access import ACCESS
from service.http_status import STATUS
from service.ledger.life_cycle import Status
from tests.service.live import Server


@pytest.fixture(scope="module")
def document(server: Server) -> dict[str, Any]:
    found: dict[str, Any] = server.http.get("/openapi.json").json()
    return found


def answers(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, entry in document["paths"].items():
        for method, operation in entry.items():
            for status, answer in operation["responses"].items():
                if path.startswith("/v1/") and status.startswith("2"):
                    yield f"{method.upper()} {path} {status}", answer["content"]["application/json"]


def test_every_answer_has_an_example_that_fits_its_schema(document: dict[str, Any]) -> None:
    without, misfits = set(), set()
    for name, content in answers(document):
        schema = content["schema"].get("items", content["schema"])
        shown = document["components"]["schemas"].get(schema.get("$ref", "").rsplit("/", 1)[-1], {})
        examples = [content["example"]] if "example" in content else shown.get("examples", [])
        if not examples:
            without.add(name)
        whole = schema | {"components": document["components"]}
        misfits.update(name for example in examples if not jsonschema_rs.is_valid(whole, example))
    assert (without, misfits) == (set(), set()), "run tools/answers.py"


def test_every_route_names_each_problem_it_may_answer_and_no_other_status(document: dict[str, Any]) -> None:
    for route in ACCESS:
        method, path = route.split()
        responses = document["paths"][f"/v1{path}"][method.lower()]["responses"]
        assert {"401", "403", "429", "503"} <= responses.keys()
        assert "default" not in responses
        assert "500" not in responses, "a 500 is a fault of ours, not an answer"
        assert ({"400", "409", "413"} <= responses.keys()) == (method == "POST")
        for status, answer in responses.items():
            if int(status) >= 400:
                named = {code for code, stated in STATUS.items() if f"`{code}`" in answer["description"]}
                assert {STATUS[code] for code in named} == {int(status)}


def test_what_a_write_made_leads_to_where_it_can_be_used(document: dict[str, Any]) -> None:
    def links(path: str) -> dict[str, Any]:
        given: dict[str, Any] = document["paths"][path]["post"]["responses"]["201"]["links"]
        return {ids[link["operationId"]]: link for link in given.values()}

    ids = {
        operation["operationId"]: path
        for path, entry in document["paths"].items()
        for operation in entry.values()
    }
    made = {"proposal_id": "$response.body#/id"}
    asks = links("/v1/courses/{course_id}/asks")
    assert asks["/v1/proposals/{proposal_id}/decisions"]["parameters"] == made
    assert "requestBody" not in asks["/v1/proposals/{proposal_id}/decisions"]
    assert asks["/v1/courses/{course_id}/trials"]["requestBody"] == made
    assert asks["/v1/courses/{course_id}/trials"]["parameters"] == {"course_id": "$request.path.course_id"}
    assert links("/v1/patients")["/v1/courses"]["requestBody"] == {"patient_id": "$response.body#/id"}


def test_the_headers_a_write_needs_are_required(document: dict[str, Any]) -> None:
    decide = document["paths"]["/v1/proposals/{proposal_id}/decisions"]["post"]
    needed = {p["name"].lower() for p in decide["parameters"] if p["in"] == "header" and p["required"]}
    assert needed == {"idempotency-key", "if-match"}


def test_every_field_says_what_it_is_unless_its_name_or_its_type_does(document: dict[str, Any]) -> None:
    silent = {
        f"{name}.{field}"
        for name, schema in document["components"]["schemas"].items()
        for field, shown in schema.get("properties", {}).items()
        if "description" not in shown and "$ref" not in shown and "$ref" not in shown.get("items", {})
        if not (field == "id" or field.endswith(("_id", "_at")))
    }
    assert silent == set()


@pytest.mark.parametrize(
    ("field", "codes"),
    [
        ("status", [*Status]),
        ("reason", [*HoldReason, *StopReason, "severe_report", "record_changed_while_computing"]),
        ("flags", ["tolerability_not_predicted", "beyond_titration"]),
        ("decision", [*Purpose, "few-reports", "no-model", "a-severe-report", "program_in_clinic"]),
    ],
)
def test_the_codes_of_an_answer_stand_beside_the_field_that_carries_them(
    field: str, codes: list[str], document: dict[str, Any]
) -> None:
    said = document["components"]["schemas"]["AnswerView"]["properties"][field]["description"]
    assert [code for code in codes if f"``{code}``" not in said] == []


def test_no_two_routes_are_listed_under_one_name(document: dict[str, Any]) -> None:
    names = [operation["summary"] for entry in document["paths"].values() for operation in entry.values()]
    assert sorted(names) == sorted(set(names))
