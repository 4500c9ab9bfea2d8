"""A real server on a real socket, and a clinic that talks to it."""

import threading
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import uvicorn
from fastapi import FastAPI

from service.app import create_app
from service.auth.keys import issue_key
from service.auth.principal import Role
from service.clock import system_clock
from service.dependencies.context import Services
from service.serving import listen
from service.settings import Settings
from tests.service.new_ledger import FILE, new_ledger

START = {"amplitude_ma": 4.5, "pulse_width_us": 300, "frequency_hz": 40, "configuration": "level-4"}
ENVELOPE = {"amplitude_ma": [0, 9], "configuration": ["level-3", "level-4", "level-5"]}
READY_WITHIN_S = 60.0
SIGNED_BY = "Dr. A. Example"
CHECKS = [
    {"check": "impedance", "outcome": "passed", "impedance_ohm": 520},
    {"check": "lead", "outcome": "passed"},
    {"check": "battery", "outcome": "passed"},
]


class Server:
    """A running application and where it listens."""

    def __init__(self, app: FastAPI, address: str) -> None:
        self.app = app
        self.address = address
        self.http = httpx2.Client(base_url=address, timeout=60)

    @property
    def services(self) -> Services:
        found: Services = self.app.state.services
        return found

    def key(self, *roles: Role, site: str, principal: str = "dr", patient_id: str | None = None) -> str:
        with self.services.database.write() as session:
            return issue_key(
                session,
                principal=principal,
                site=site,
                roles=roles,
                now=system_clock(),
                patient_id=patient_id,
            )

    def clinic(self, *roles: Role, site: str | None = None, **key: Any) -> "Clinic":
        site = site or f"site-{uuid.uuid4().hex[:12]}"
        return Clinic(self, self.key(*(roles or (Role.CLINICIAN,)), site=site, **key), site)


@contextmanager
def serving(settings: Settings, *, warm: bool = True, asks: bool = True) -> Iterator[Server]:
    """Run the application as `titrate serve` does, on a free port.

    ``asks=False`` spares the compute process and, where there is no ledger yet, the migrations.
    """
    app = create_app(settings)
    if not asks:
        compute = app.state.services.compute
        compute.start = compute.stop = lambda: None
        if settings.database is None and not (settings.data_folder / FILE).exists():
            new_ledger(settings.data_folder).close()
    with listen("127.0.0.1", 0) as listening:
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        running = Server(app, f"http://127.0.0.1:{listening.getsockname()[1]}")
        try:
            wait_for(running.address + ("/readyz" if warm and asks else "/livez"))
            yield running
        finally:
            running.http.close()
            server.should_exit = True
            thread.join(30)


def wait_for(address: str) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    with httpx2.Client(timeout=5) as http:
        while True:
            try:
                reply = http.get(address)
                if reply.status_code == 200:
                    return
                last = reply.text
            except httpx2.HTTPError as error:
                last = repr(error)
            assert time.monotonic() < deadline, last
            time.sleep(0.05)


class Clinic:
    """A caller with one key."""

    def __init__(self, server: Server, key: str, site: str) -> None:
        self.server = server
        self.site = site
        self.headers = {"Authorization": f"Bearer {key}"}

    def post(self, path: str, body: Any, *, key: str | None = None, **headers: str) -> httpx2.Response:
        named = {**self.headers, "Idempotency-Key": key or uuid.uuid4().hex, **headers}
        return self.server.http.post("/v1" + path, json=body, headers=named)

    def send(self, path: str, content: bytes) -> httpx2.Response:
        named = {**self.headers, "Idempotency-Key": uuid.uuid4().hex, "Content-Type": "application/json"}
        return self.server.http.post("/v1" + path, content=content, headers=named)

    def get(self, path: str) -> httpx2.Response:
        return self.server.http.get("/v1" + path, headers=self.headers)

    def made(self, path: str, body: Any, **headers: str) -> dict[str, Any]:
        reply = self.post(path, body, **headers)
        assert reply.status_code == 201, reply.text
        found: dict[str, Any] = reply.json()
        return found

    def course(self, *, checks: list[dict[str, Any]] | None = None, **fields: Any) -> dict[str, Any]:
        """Open a course whose device was checked; ``checks=[]`` leaves that out."""
        patient = self.made("/patients", {"pseudonym": f"P-{uuid.uuid4().hex[:8]}"})
        body = {"patient_id": patient["id"], "device": "scs-tonic", "envelope": ENVELOPE, "start": START}
        made = self.made("/courses", body | fields)
        if checks != []:
            self.made(f"/courses/{made['id']}/preflights", {"checks": checks or CHECKS})
        return made

    def trial(self, course_id: str, **fields: Any) -> dict[str, Any]:
        body = {"settings": START, "occurred_at": "2026-11-20T10:00:00+01:00"}
        return self.made(f"/courses/{course_id}/trials", body | fields)

    def report(self, trial_id: str, value: float, kind: str = "") -> dict[str, Any]:
        measure = "side_effect" if kind else "pain"
        body = {"measure": measure, "kind": kind, "value": value, "occurred_at": "2026-11-20T20:00:00+01:00"}
        return self.made(f"/trials/{trial_id}/reports", body)

    def rated_course(self, **fields: Any) -> tuple[str, str]:
        course_id = self.course(**fields)["id"]
        trial_id = self.trial(course_id)["id"]
        self.report(trial_id, 6)
        return course_id, trial_id

    def well_rated_course(self) -> tuple[str, str]:
        """A course whose start was rated well five times; its id and that of the last trial."""
        course_id, trial_id = self.course()["id"], ""
        for day in range(15, 20):
            at = f"2026-11-{day}T10:00:00+01:00"
            trial_id = self.trial(course_id, occurred_at=at)["id"]
            for body in (
                {"measure": "pain", "value": 2},
                {"measure": "side_effect", "kind": "discomfort", "value": 0},
            ):
                self.made(f"/trials/{trial_id}/reports", body | {"occurred_at": at})
        return course_id, trial_id

    def ask(self, course_id: str, **body: Any) -> dict[str, Any]:
        reply = self.post(f"/courses/{course_id}/asks", body)
        deadline = time.monotonic() + 60
        while reply.status_code == 202:
            assert time.monotonic() < deadline
            time.sleep(0.05)
            reply = self.get(reply.headers["Location"].removeprefix("/v1"))
        assert reply.status_code in (200, 201), reply.text
        found: dict[str, Any] = reply.json()
        return found

    def decide(self, proposal: dict[str, Any], **body: Any) -> httpx2.Response:
        signed = {"signed_by": SIGNED_BY} | body
        return self.post(f"/proposals/{proposal['id']}/decisions", signed, **{"If-Match": proposal["etag"]})


def codes(replies: Iterable[httpx2.Response]) -> list[tuple[int, str]]:
    """Return status and problem code of each reply."""
    return [(reply.status_code, reply.json().get("code", "")) for reply in replies]
