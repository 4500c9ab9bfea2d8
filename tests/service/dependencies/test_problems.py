import json
import logging
from pathlib import Path

import pytest
from sqlalchemy import event

from service.auth.principal import Role
from service.dependencies.problems import MEDIA_TYPE, unexpected
from service.settings import Settings
from tests.service.live import START, Clinic, codes, serving

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


def test_a_parameter_no_device_has_is_not_named_wherever_it_was_sent(clinic: Clinic) -> None:
    course_id, trial_id = clinic.rated_course()
    patient_id = clinic.get(f"/courses/{course_id}").json()["patient_id"]
    proposal = clinic.ask(course_id)
    settings = START | {SECRET: 1}
    course = {"patient_id": patient_id, "device": "scs-tonic", "start": START}
    trial = {"settings": settings, "occurred_at": "2026-11-20T10:00:00+01:00"}
    amendment = {"reason": "entered_wrongly", "trial": trial}
    replies = [
        clinic.post("/courses", course | {"start": settings}),
        clinic.post("/courses", course | {"envelope": {SECRET: [0, 1]}}),
        clinic.post(f"/courses/{course_id}/trials", trial),
        clinic.post(f"/trials/{trial_id}/amendments", amendment),
        clinic.post(f"/courses/{course_id}/asks", {"locked": [SECRET]}),
        clinic.decide(proposal, action="edit", reason="clinical_judgement", settings=settings),
    ]
    assert codes(replies) == [(422, "unknown-parameter")] * 6
    assert [reply.json()["field"] for reply in replies] == ["(undocumented)"] * 6
    assert SECRET not in "".join(reply.text for reply in replies)
    known = clinic.post(f"/courses/{course_id}/asks", {"locked": ["off_s"]})
    assert known.json()["field"] == "off_s", "a name of another device is no secret"


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


def test_of_a_full_disk_the_caller_hears_to_repeat_and_the_log_says_why(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(Settings(data_folder=tmp_path), asks=False) as server:
        clinic = server.clinic(Role.ADMINISTRATOR)
        engine = server.services.database.engine
        # no larger than it is now
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA max_page_count = 1"))
        engine.dispose()
        replies = [clinic.post("/patients", {"pseudonym": f"{SECRET}{n}"}) for n in range(50)]
    assert codes(replies[-1:]) == [(503, "database-busy")]
    assert "OperationalError SQLITE_FULL" in {getattr(line, "error", "") for line in caplog.records}
    assert SECRET not in caplog.text
