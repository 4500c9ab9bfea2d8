from pathlib import Path

import pytest
from pydantic import ValidationError

from service.dependencies.finish import HEADERS
from service.settings import Settings
from tests.service.live import Clinic, serving

PAGE = "https://clinic.example"


def test_every_answer_tells_browsers_to_keep_their_hands_off(clinic: Clinic) -> None:
    replies = [clinic.get("/patients"), clinic.get("/nowhere"), clinic.post("/patients", {})]
    replies.append(clinic.server.http.get("/livez"))
    for reply in replies:
        assert {name: reply.headers[name] for name in HEADERS} == HEADERS


def test_a_read_whose_line_cannot_be_written_is_not_answered(tmp_path: Path) -> None:
    with serving(Settings(data_folder=tmp_path, busy_timeout_s=0.2), asks=False) as server:
        clinic = server.clinic()
        clinic.made("/patients", {"pseudonym": "SECRET-1"})
        with server.services.database.write():
            reply = clinic.get("/patients")
        assert (reply.status_code, reply.json()["code"]) == (503, "database-busy")
        assert reply.headers["Retry-After"] == "1"
        assert "SECRET-1" not in reply.text
        assert clinic.get("/patients").status_code == 200


def test_named_origins_may_call_from_a_browser_and_no_others(tmp_path: Path) -> None:
    with serving(Settings(data_folder=tmp_path, cors_origins=(PAGE,)), asks=False) as server:
        ask = {
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,idempotency-key,if-match",
        }
        allowed = server.http.options("/v1/patients", headers=ask | {"Origin": PAGE})
        assert (allowed.status_code, allowed.headers["Access-Control-Allow-Origin"]) == (200, PAGE)
        assert "Access-Control-Allow-Credentials" not in allowed.headers
        other = server.http.options("/v1/patients", headers=ask | {"Origin": "https://evil.example"})
        assert other.status_code == 400
        assert "Access-Control-Allow-Origin" not in other.headers
        clinic = server.clinic()
        reply = server.http.get("/v1/patients", headers=clinic.headers | {"Origin": PAGE})
        assert reply.headers["Access-Control-Allow-Origin"] == PAGE
        assert "ETag" in reply.headers["Access-Control-Expose-Headers"]
        refused = server.http.get("/v1/patients", headers={"Origin": PAGE})
        assert (refused.status_code, refused.headers["Access-Control-Allow-Origin"]) == (401, PAGE)


@pytest.mark.parametrize(
    "origin", ["*", "https://*.example", "clinic.example", "https://clinic.example/", "null"]
)
def test_an_origin_is_named_in_full(origin: str) -> None:
    with pytest.raises(ValidationError):
        Settings(cors_origins=(origin,))
