"""Record what the service answers, one example a schema of the OpenAPI document: a real server, a real course.

Run it after a route or an answer has changed: ``.venv/bin/python tools/answers.py``.
"""

import json
import sys
import tempfile
import uuid
from pathlib import Path
from typing import Any

import httpx2

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
OUTPUT = ROOT / "service" / "dependencies" / "answers.json"
AT = "2026-11-20T10:00:00+01:00"
START = {"amplitude_ma": 4.5, "pulse_width_us": 300, "frequency_hz": 40, "configuration": "level-4"}
ENVELOPE = {"amplitude_ma": [0, 9], "configuration": ["level-3", "level-4", "level-5"]}
REPORT = {"measure": "pain", "value": 6, "occurred_at": "2026-11-20T20:00:00+01:00"}
SEVERE = REPORT | {"measure": "side_effect", "kind": "discomfort", "value": 8}
CHECKS = [{"check": "impedance", "outcome": "passed", "impedance_ohm": 520}]
CHECKS += [{"check": name, "outcome": "passed"} for name in ("lead", "battery")]


class Recorder:
    """Calls routes by their template and keeps each answer."""

    def __init__(self, http: httpx2.Client, keys: dict[str, str]) -> None:
        self._http = http
        self._keys = keys
        self._document = http.get("/openapi.json").json()
        self.ids: dict[str, str] = {}
        self.answers: dict[str, Any] = {}

    def get(self, path: str, *, role: str = "first") -> Any:
        """Read."""
        return self._kept("GET", path, self._http.get(path.format_map(self.ids), headers=self._as(role)))

    def post(self, path: str, body: dict[str, Any], *, role: str = "first", if_match: str = "") -> Any:
        """Write."""
        headers = {**self._as(role), "Idempotency-Key": uuid.uuid4().hex, "If-Match": if_match}
        return self._kept(
            "POST", path, self._http.post(path.format_map(self.ids), json=body, headers=headers)
        )

    def _as(self, role: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._keys[role]}"}

    def _kept(self, method: str, path: str, reply: httpx2.Response) -> Any:
        if reply.status_code >= 300:
            raise SystemExit(f"{method} {path}: {reply.text}")
        found = reply.json()
        first = found[0] if isinstance(found, list) else found
        self.answers.setdefault(self._schema_of(method, path, reply.status_code), first)
        return found

    def _schema_of(self, method: str, path: str, status: int) -> str:
        """Name the schema of an answer, or the route of one that has none."""
        stated = self._document["paths"][path][method.lower()]["responses"][str(status)]
        schema = stated.get("content", {}).get("application/json", {}).get("schema", {})
        reference = schema.get("items", schema).get("$ref", f"{method} {path}")
        return str(reference).rsplit("/schemas/", 1)[-1]


def course(book: Recorder) -> None:
    """Open a course, apply the start, hear a rating."""
    patient = book.post("/v1/patients", {"pseudonym": "SCS-0017"})
    book.ids["patient_id"] = patient["id"]
    opened = {"patient_id": patient["id"], "device": "scs-tonic", "envelope": ENVELOPE, "start": START}
    book.ids["course_id"] = book.post("/v1/courses", opened)["id"]
    book.post("/v1/courses/{course_id}/preflights", {"checks": CHECKS})
    trial = book.post("/v1/courses/{course_id}/trials", {"settings": START, "occurred_at": AT})
    book.ids["trial_id"] = trial["id"]
    book.post("/v1/trials/{trial_id}/reports", REPORT)


def proposal(book: Recorder) -> None:
    """Ask, look, approve, and read what may be programmed."""
    asked = book.post("/v1/courses/{course_id}/asks", {})
    book.ids |= {"ask_id": asked["ask_id"], "proposal_id": asked["id"]}
    book.post("/v1/courses/{course_id}/asks", {})
    pending = {"ask_id": asked["ask_id"], "course_id": asked["course_id"], "status": "computing"}
    book.answers["PendingView"] = pending  # nothing here takes that long
    book.get("/v1/courses/{course_id}/asks/{ask_id}")
    book.get("/v1/proposals/{proposal_id}")
    book.get("/v1/worklist")
    decision = {"action": "approve", "signed_by": "Dr. A. Example"}
    book.post("/v1/proposals/{proposal_id}/decisions", decision, if_match=asked["etag"])
    book.get("/v1/proposals/{proposal_id}/program")


def correction(book: Recorder) -> None:
    """Correct what was applied."""
    corrected = {"settings": START | {"amplitude_ma": 4.4}, "occurred_at": AT}
    amendment = {"reason": "device_log_differs", "trial": corrected}
    book.post("/v1/trials/{trial_id}/amendments", amendment)


def changes(book: Recorder) -> None:
    """Loosen with a second person, stop and release, report a severe side effect and review it."""
    looser = {
        "envelope": {"amplitude_ma": [0, 9.5]},
        "reason": "insufficient_relief",
        "signed_by": "Dr. A. Example",
    }
    book.ids["problem_id"] = book.post("/v1/courses/{course_id}/problems", looser)["id"]
    confirm = "/v1/courses/{course_id}/problems/{problem_id}/confirmations"
    book.post(confirm, {"signed_by": "Dr. B. Example"}, role="second")
    severe = {"reports": [SEVERE | {"trial_id": book.ids["trial_id"]}]}
    reported = book.post("/v1/courses/{course_id}/reports", severe)["reports"][0]["id"]
    review = {"subject": "closure", "subject_id": reported, "reason": "cause_resolved"}
    book.post("/v1/courses/{course_id}/reviews", review)
    stop = {"patient_id": book.ids["patient_id"], "reason": "patient_request", "signed_by": "Dr. A. Example"}
    book.ids["stop_id"] = book.post("/v1/stops", stop)["id"]
    book.get("/v1/stops")
    book.post(
        "/v1/stops/{stop_id}/releases",
        {"reason": "cause_resolved", "signed_by": "Dr. B. Example"},
        role="second",
    )
    book.get("/v1/stops/{stop_id}")


def readings(book: Recorder) -> None:
    """Read everything else once."""
    book.ids["name"] = "scs-tonic"
    for path in (
        *("patients", "patients/{patient_id}", "devices", "devices/{name}"),
        *("courses", "courses/{course_id}"),
    ):
        book.get(f"/v1/{path}")
    for end in ("history", "problem", "recommendation", "timeline", "preflights"):
        book.get(f"/v1/courses/{{course_id}}/{end}")
    book.get("/v1/audit")
    book.answers["MigrationView"] = {
        "id": book.ids["problem_id"],
        "course_id": book.ids["course_id"],
        "changes": [{"package": "titrate", "before": "0.1.0", "after": "0.2.0"}],
        "recorded_at": "2026-11-21T09:00:00Z",
    }  # there is no upgrade to go through here


def ending(book: Recorder) -> None:
    """End the course, which ends the story too."""
    book.post("/v1/courses/{course_id}/end", {"reason": "device_replaced", "signed_by": "Dr. A. Example"})


def main() -> None:
    """Write the answers into the package."""
    from service.auth.principal import Role
    from service.settings import Settings
    from tests.service.live import serving

    roles = [role for role in Role if role is not Role.PATIENT_APP]
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Settings(data_folder=Path(folder), ask_wait_s=60.0)) as server,
    ):
        keys = {name: server.key(*roles, site="north", principal=name) for name in ("first", "second")}
        book = Recorder(server.http, keys)
        for part in (course, proposal, correction, changes, readings, ending):
            part(book)
    OUTPUT.write_text(json.dumps(book.answers, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(f"{len(book.answers)} answers written to {OUTPUT.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
