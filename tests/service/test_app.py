"""The application as a whole, over a real socket."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.service.life_cycle_story import tell
from tests.service.live import Clinic, Server

ROOT = Path(__file__).resolve().parents[2]


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


LAUNCHER = """
import json, sys
from pathlib import Path
from service.settings import Settings
from tests.service.live import serving

with serving(Settings(data_folder=Path(sys.argv[1]), ask_wait_s=20.0)) as running:
    clinic = running.clinic()
    course_id, _ = clinic.rated_course()
    kind = clinic.ask(course_id)["kind"]
    loaded = sorted({name.split(".")[0] for name in sys.modules})
print(json.dumps({"kind": kind, "loaded": loaded}))
"""


@pytest.mark.parametrize("heavy", [("torch", "botorch", "gpytorch", "mlflow")])
def test_the_running_web_process_has_loaded_neither_torch_nor_mlflow(
    heavy: tuple[str, ...], tmp_path: Path
) -> None:
    command = [sys.executable, "-c", LAUNCHER, str(tmp_path)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, env=environment)
    seen = json.loads(done.stdout.splitlines()[-1])
    assert seen["kind"] == "proposal", "a full ask was answered"
    assert "fastapi" in seen["loaded"]
    assert set(heavy).isdisjoint(seen["loaded"])
