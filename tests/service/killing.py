"""A deployment whose processes are killed at random, and clients that write down what was acknowledged."""

import json
import multiprocessing
import os
import random
import signal
import threading
import time
import uuid
from pathlib import Path
from typing import Any, Self

import httpx2

from tests.service.live import ENVELOPE, START
from tests.service.postgresql import Cluster, children, free_port

Json = dict[str, Any]
FORKS = multiprocessing.get_context("forkserver")
"""Forks every process off one that has loaded the programs: to load them anew costs more than all a round does besides."""
FORKS.set_forkserver_preload(["pytest", "service.cli", "service.serving", "service.worker"])
AT = "2026-11-20T10:00:00+01:00"


class Deployment:
    """Two web processes, each with its compute process, and a worker, on one database."""

    def __init__(self, folder: Path, database: str | None, cluster: Cluster | None) -> None:
        self.cluster = cluster
        self._folder = folder
        self._ports = [free_port(), free_port()]
        self._environment = {**os.environ, "TITRATE_DATA_FOLDER": str(folder), "TITRATE_RELAY_LEASE_S": "1"}
        if database is not None:
            self._environment["TITRATE_DATABASE"] = database
        self._processes = {name: self._begin(name) for name in ("web-0", "web-1", "worker")}

    @property
    def addresses(self) -> list[str]:
        return [f"http://127.0.0.1:{port}" for port in self._ports]

    @property
    def victims(self) -> list[str]:
        return [*self._processes, "compute", *(["database"] if self.cluster is not None else [])]

    def kill(self, name: str) -> bool:
        """Kill a process without warning and start it again; returns whether there was one."""
        if name == "database":
            assert self.cluster is not None
            self.cluster.kill()
            self.cluster.start()
            return True
        if name == "compute":  # its web process starts another
            found = [pid for web in ("web-0", "web-1") for pid in children(self._processes[web].pid)]
            for pid in found[:1]:
                os.kill(pid, signal.SIGKILL)
            return bool(found)
        self._processes[name].kill()
        self._processes[name].join()
        self._processes[name] = self._begin(name)
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes.values():
            process.kill()
            process.join()

    def end(self) -> None:
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            process.join(60)

    def _begin(self, name: str) -> Any:
        command = ["worker"] if name == "worker" else ["serve", "--port", str(self._ports[int(name[-1])])]
        process = FORKS.Process(
            target=run_program, args=(command, self._environment, self._folder / f"{name}.log")
        )
        process.start()
        return process


def run_program(command: list[str], environment: dict[str, str], log: Path) -> None:
    """Be the ``titrate`` command in this process, with its output in a file."""
    from service.cli import app

    os.environ.update(environment)
    with log.open("ab") as out:
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
    app(command, standalone_mode=True)


class Client(threading.Thread):
    """Treats one patient, repeats every write with its key until it is acknowledged, and keeps a journal."""

    def __init__(self, addresses: list[str], key: str, journal: Path, done: threading.Event) -> None:
        super().__init__(daemon=True)
        self.journal = journal
        self.acknowledged = 0
        self.repeats = 0
        self.failure: BaseException | None = None
        self._addresses = addresses
        self._headers = {"Authorization": f"Bearer {key}"}
        self._done = done
        self._dice = random.Random(journal.name)

    def run(self) -> None:
        try:
            with httpx2.Client(timeout=20) as self._http:
                self._treat()
        except BaseException as failure:  # noqa: BLE001 - shown by the test, in its own thread
            self.failure = failure

    def _treat(self) -> None:
        patient = self.write("/patients", {"pseudonym": f"P-{uuid.uuid4().hex[:8]}"})
        body = {"patient_id": patient["id"], "device": "scs-tonic", "envelope": ENVELOPE, "start": START}
        course = f"/courses/{self.write('/courses', body)['id']}"
        while not self._done.is_set():
            trial = self.write(f"{course}/trials", {"settings": START, "occurred_at": AT})["id"]
            for value in (self._dice.randrange(11), self._dice.randrange(11)):
                report = {"measure": "pain", "value": value, "occurred_at": AT}
                self.write(f"/trials/{trial}/reports", report)
            if self._dice.random() < 0.2:
                self.write(f"{course}/asks", {})
            self._done.wait(0.05)

    def write(self, path: str, body: Json, *, key: str | None = None) -> Json:
        key = key or uuid.uuid4().hex
        end = time.monotonic() + 120
        while True:
            assert time.monotonic() < end, f"{path} was not acknowledged"
            reply = self._try(path, body, key)
            if reply is not None and reply.status_code < 300:
                answer: Json = reply.json()
                line = {"path": path, "body": body, "key": key, "answer": answer}
                with self.journal.open("a") as out:
                    out.write(json.dumps(line) + "\n")
                self.acknowledged += 1
                return answer
            # a refusal of what is well-formed would be a fault of its own
            assert reply is None or reply.status_code in (409, 429, 500, 503), reply.text
            assert reply is None or reply.status_code != 500, reply.text
            self.repeats += 1
            time.sleep(0.05)

    def _try(self, path: str, body: Json, key: str) -> httpx2.Response | None:
        headers = {**self._headers, "Idempotency-Key": key}
        try:
            return self._http.post(
                f"{self._dice.choice(self._addresses)}/v1{path}", json=body, headers=headers
            )
        except httpx2.HTTPError:
            return None
