import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.proposals.compute import ComputeService
from service.settings import Settings
from tests.service.live import Server, serving, wait_for


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve apart from the other tests: here compute processes are killed."""
    folder: Path = tmp_path_factory.mktemp("own")
    with serving(Settings(data_folder=folder, ask_wait_s=0.0, compute_timeout_s=4.0)) as running:
        yield running


def compute_of(server: Server) -> ComputeService:
    compute = server.services.compute
    assert isinstance(compute, ComputeService)
    return compute


def test_a_killed_process_is_replaced_and_the_ask_answered(own: Server) -> None:
    clinic = own.clinic()
    course_id, _ = clinic.rated_course()
    (pid,) = compute_of(own).pids
    os.kill(pid, signal.SIGKILL)
    answer = clinic.ask(course_id)
    assert (answer["kind"], answer["fallback"]) == ("proposal", None)
    assert compute_of(own).pids != (pid,)


def test_a_hung_process_is_replaced_and_the_ask_answered(own: Server) -> None:
    wait_for(own.address + "/readyz")
    clinic = own.clinic()
    course_id, _ = clinic.rated_course()
    (pid,) = compute_of(own).pids
    os.kill(pid, signal.SIGSTOP)
    began = time.monotonic()
    answer = clinic.ask(course_id)
    assert (answer["kind"], answer["fallback"]) == ("proposal", None)
    assert time.monotonic() - began > 3.0, "it hung, and was waited for"
    assert compute_of(own).pids != (pid,)


def test_an_ask_left_open_is_answered_after_a_restart(tmp_path: Path) -> None:
    settings = Settings(data_folder=tmp_path, ask_wait_s=0.0)
    with serving(settings) as before:
        clinic = before.clinic()
        course_id, _ = clinic.rated_course()
        (pid,) = compute_of(before).pids
        os.kill(pid, signal.SIGSTOP)
        ask_id = clinic.post(f"/courses/{course_id}/asks", {}).json()["ask_id"]
    with serving(settings) as after:
        again = after.clinic(site=clinic.site)
        deadline = time.monotonic() + 30
        while (found := again.get(f"/courses/{course_id}/asks/{ask_id}")).status_code == 202:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert found.json()["kind"] == "proposal"
