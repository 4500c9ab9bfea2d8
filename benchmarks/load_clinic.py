# ruff: noqa: INP001, S311 - beside the script that runs it; dice of a load are no secret
"""A clinic's systems under load: one client with a few courses, every request timed and held against what must come back."""

import random
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx2

Json = dict[str, Any]
START = {"amplitude_ma": 4.5, "pulse_width_us": 300, "frequency_hz": 40, "configuration": "level-4"}
ENVELOPE = {"amplitude_ma": [0, 9], "configuration": ["level-3", "level-4", "level-5"]}
CHECKS = [
    {"check": "impedance", "outcome": "passed", "impedance_ohm": 520},
    {"check": "lead", "outcome": "passed"},
    {"check": "battery", "outcome": "passed"},
]
SIGNED_BY = "Dr. L. Oad"
REVIEWED = {"unreviewed_adverse_event": "adverse_event", "contradictory_reports": "hold"}
"""Reason of a hold -> what a review that releases it is about."""
STORED_READ = "read a stored proposal"
LOOK_AGAIN_S = 0.2
ANSWERED_WITHIN_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One request."""

    phase: str
    kind: str
    writes: bool
    took_s: float
    error: str
    """Empty where the answer was one that had to come."""


class UnexpectedAnswer(Exception):  # noqa: N818 - it ends a visit, and is counted where it arose
    """An answer that should not have come."""


class LoadClient(threading.Thread):
    """One caller's systems: a clinician's, a programmer's, a recorder's and an auditor's key, and courses of its own."""

    def __init__(self, address: str, keys: dict[str, str], n_courses: int, number: int) -> None:
        """Describe the client; it begins when started, opens its courses and then waits for its phases.

        Args:
            address: Of one web process.
            keys: Role -> key.
            n_courses: How many courses it opens.
            number: Which client; seeds its dice.
        """
        super().__init__(daemon=True)
        self.samples: list[Sample] = []
        self.visits = 0
        self.phase = "opening"
        self.pause_s = 0.0
        """Mean time between the end of one request and the next."""
        self.opened = threading.Event()
        self.go = threading.Event()
        self.done = threading.Event()
        self._keys = keys
        self._n_courses = n_courses
        self._dice = random.Random(number)
        self._http = httpx2.Client(base_url=f"{address}/v1", timeout=90.0)

    def run(self) -> None:
        """Open the courses, wait for the start, and visit one course after another until told to end."""
        courses: list[str] = []
        while len(courses) < self._n_courses and not self.done.is_set():
            self._attempt(lambda: courses.append(self._open()))
        self.opened.set()
        self.go.wait()
        while not self.done.is_set():
            self._attempt(lambda: self._visit(self._dice.choice(courses)))
        self._http.close()

    def _attempt(self, act: Callable[[], None]) -> None:
        try:
            act()
        except UnexpectedAnswer:
            time.sleep(
                1.0
            )  # so that a service that refuses everything is not counted a thousand times a second

    def _open(self) -> str:
        patient = self._write("open a course", "/patients", {"pseudonym": f"L-{uuid.uuid4().hex[:12]}"})
        body = {"patient_id": patient["id"], "device": "scs-tonic", "envelope": ENVELOPE, "start": START}
        # stopping is not what is measured: a course goes on for as long as the run does
        course_id = str(self._write("open a course", "/courses", body | {"min_gain_nrs": 0})["id"])
        self._write("open a course", f"/courses/{course_id}/preflights", {"checks": CHECKS})
        self._apply(course_id, START, None)
        return course_id

    def _visit(self, course_id: str) -> None:
        """One visit: look, ask, show, decide, program, apply, report; now and then what an office and an auditor do."""
        self.visits += 1
        if self._dice.random() < 0.5:
            self._read("worklist", "/worklist")
        self._read("read a course", f"/courses/{course_id}")
        answer = self._ask(course_id)
        if answer["kind"] == "hold" and answer["reason"] in REVIEWED:
            self._review(course_id, answer)
            answer = self._ask(course_id)
        path = f"/proposals/{answer['id']}"
        for _ in range(3):  # the clinician's page, the record system, the page once more before signing
            answer = self._read(STORED_READ, path)
        if answer["kind"] == "proposal":
            answer = self._decide(answer)
        if answer["approved"] is not None:
            self._read("read what to program", f"{path}/program", role="programmer")
        settings = answer["approved"] or answer["settings"]
        if settings is not None and answer["status"] != "rejected":
            self._apply(course_id, settings, answer["id"] if answer["approved"] else None)
        if self._dice.random() < 0.3:
            self._read("timeline", f"/courses/{course_id}/timeline?limit=50")
        if self._dice.random() < 0.2:
            since = datetime.now(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
            self._read("audit", f"/audit?of=access&limit=100&since={since}", role="auditor")
            self._read("audit", "/audit?of=writes&limit=100", role="auditor")

    def _ask(self, course_id: str) -> Json:
        """Ask and look until there is an answer; timed as one request of the kind ``ask``."""
        self._wait()
        began = time.perf_counter()
        reply = self._send("POST", f"/courses/{course_id}/asks", {"posture": "standing"}, "clinician")
        while reply is not None and reply.status_code == 202:
            if time.perf_counter() - began > ANSWERED_WITHIN_S:
                break
            time.sleep(LOOK_AGAIN_S)
            reply = self._send("GET", reply.headers["location"].removeprefix("/v1"), None, "clinician")
        answer = self._told("ask", reply, (200, 201), began, writes=False)
        if answer["fallback"] is not None or not answer["within_limits"]:
            raise self._error("ask", f"fallback {answer['fallback']}")
        return answer

    def _decide(self, answer: Json) -> Json:
        rejected = {"action": "reject", "reason": "patient_preference"}
        action = {"action": "approve"} if self._dice.random() < 0.9 else rejected
        path = f"/proposals/{answer['id']}/decisions"
        signed = action | {"signed_by": SIGNED_BY}
        return self._write("decide", path, signed, **{"If-Match": answer["etag"]})

    def _review(self, course_id: str, hold: Json) -> None:
        for subject_id in hold["decision"]["subject_ids"]:
            body = {
                "subject": REVIEWED[hold["reason"]],
                "subject_id": subject_id,
                "reason": "tolerable_on_review",
            }
            self._write("review", f"/courses/{course_id}/reviews", body)

    def _apply(self, course_id: str, settings: Json, proposal_id: str | None) -> None:
        """Record a trial as the programmer does, and three reports about it as the office types them in."""
        body: Json = {"settings": settings, "occurred_at": _now()}
        if proposal_id is not None:
            body["proposal_id"] = proposal_id
        trial = self._write("record a trial", f"/courses/{course_id}/trials", body, role="programmer")
        for measure, kind, value in self._felt():
            report = {"measure": measure, "kind": kind, "value": value, "occurred_at": _now()}
            self._write("report", f"/trials/{trial['id']}/reports", report, role="recorder")

    def _felt(self) -> list[tuple[str, str, int]]:
        """Two ratings of pain and one of discomfort; one in a hundred is severe."""
        discomfort = 8 if self._dice.random() < 0.01 else self._dice.randint(0, 2)
        pain = self._dice.randint(3, 7)
        return [("pain", "", pain), ("pain", "", pain + 1), ("side_effect", "discomfort", discomfort)]

    def _read(self, kind: str, path: str, *, role: str = "clinician") -> Any:
        self._wait()
        began = time.perf_counter()
        return self._told(kind, self._send("GET", path, None, role), (200,), began, writes=False)

    def _write(self, kind: str, path: str, body: Json, *, role: str = "clinician", **headers: str) -> Json:
        """Write; one write in twenty is repeated with its key, as a client does whose line was cut."""
        self._wait()
        key = uuid.uuid4().hex
        began = time.perf_counter()
        reply = self._send("POST", path, body, role, key=key, **headers)
        answer: Json = self._told(kind, reply, (201,), began, writes=True)
        if self._dice.random() < 0.05:
            began = time.perf_counter()
            again = self._send("POST", path, body, role, key=key, **headers)
            if self._told("repeat a write", again, (201,), began, writes=True) != answer:
                raise self._error("repeat a write", "another answer than before")
        return answer

    def _send(
        self, method: str, path: str, body: Json | None, role: str, *, key: str | None = None, **headers: str
    ) -> httpx2.Response | None:
        """Return the answer; None where the line broke."""
        named = {"Authorization": f"Bearer {self._keys[role]}", **headers}
        if method == "POST":
            named["Idempotency-Key"] = key or uuid.uuid4().hex
        try:
            return self._http.request(method, path, json=body, headers=named)
        except httpx2.HTTPError:
            return None

    def _told(
        self,
        kind: str,
        reply: httpx2.Response | None,
        expected: tuple[int, ...],
        began: float,
        *,
        writes: bool,
    ) -> Any:
        """Keep the sample; return the body, or end the visit where the answer should not have come."""
        error = "no answer" if reply is None else _problem(reply) if reply.status_code not in expected else ""
        took_s = time.perf_counter() - began
        self.samples.append(Sample(phase=self.phase, kind=kind, writes=writes, took_s=took_s, error=error))
        if reply is None or error:
            raise UnexpectedAnswer
        return reply.json()

    def _error(self, kind: str, error: str) -> UnexpectedAnswer:
        self.samples.append(Sample(phase=self.phase, kind=kind, writes=False, took_s=0.0, error=error))
        return UnexpectedAnswer()

    def _wait(self) -> None:
        if self.pause_s:
            self.done.wait(self._dice.uniform(0.0, 2.0 * self.pause_s))


def _problem(reply: httpx2.Response) -> str:
    found = reply.json() if "json" in reply.headers.get("content-type", "") else {}
    return f"{reply.status_code} {found.get('code', '')}".strip()


def _now() -> str:
    return datetime.now(UTC).isoformat()
