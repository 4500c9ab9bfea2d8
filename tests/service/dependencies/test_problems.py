import json
import logging

import pytest

from service.dependencies.problems import MEDIA_TYPE, unexpected
from tests.service.live import Clinic

SECRET = "Zacharias-Zwiebelfisch"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/patients", {"pseudonym": SECRET + " "}),
        ("/patients", {"pseudonym": 1}),
        ("/courses", {"patient_id": SECRET, "device": SECRET, "start": {"amplitude_ma": SECRET}}),
    ],
)
def test_a_wrong_shape_names_fields_and_codes_never_values(path: str, body: object, clinic: Clinic) -> None:
    reply = clinic.post(path, body)
    found = reply.json()
    assert (reply.status_code, found["code"], reply.headers["Content-Type"]) == (
        422,
        "invalid-request",
        MEDIA_TYPE,
    )
    assert found["errors"]
    assert all({"field", "code", "problem"} <= entry.keys() for entry in found["errors"])
    assert SECRET not in reply.text


def test_unknown_paths_and_methods_are_problems_too(clinic: Clinic) -> None:
    reply = clinic.get("/nowhere")
    assert (reply.status_code, reply.json()["code"]) == (404, "not-found")
    reply = clinic.server.http.delete("/v1/patients")
    assert (reply.status_code, reply.json()["code"]) == (405, "method-not-allowed")


def test_what_should_not_happen_is_answered_and_logged_without_its_message(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR):
        reply = unexpected(ValueError(SECRET))
    assert (reply.status_code, json.loads(bytes(reply.body))["code"]) == (500, "internal-error")
    assert "ValueError" in caplog.text
    assert SECRET not in caplog.text + bytes(reply.body).decode()
