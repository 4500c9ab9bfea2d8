import os
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from service.clock import system_clock
from service.db.engine import Database
from service.ledger import optimizer_version
from service.proposals import compute
from service.proposals.compute import ComputeProcess, ComputeService
from service.settings import Settings
from tests.service.live import Clinic, Server, serving
from tests.service.proposals.asking import asked, ledger_of

HANGS_AFTER_S = 3.0


def compute_of(server: Server) -> ComputeService:
    found = server.services.compute
    assert isinstance(found, ComputeService)
    return found


def await_answer(clinic: Clinic, path: str) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    while (found := clinic.get(path)).status_code == 202:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    answer: dict[str, Any] = found.json()
    return answer


def replaced(server: Server, end: signal.Signals) -> float:
    """End the compute process, ask, and return after how many seconds another process answered."""
    clinic = server.clinic()
    course_id, _ = clinic.rated_course()
    (pid,) = compute_of(server).pids
    os.kill(pid, end)
    began = time.monotonic()
    answer = clinic.ask(course_id)
    assert (answer["kind"], answer["fallback"]) == ("proposal", None)
    assert compute_of(server).pids != (pid,)
    return time.monotonic() - began


def test_a_dead_process_is_replaced_and_the_ask_answered(server: Server) -> None:
    replaced(server, signal.SIGKILL)


def test_a_process_that_cannot_be_started_is_tried_again(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    monkeypatch.setattr(compute, "RESTART_AFTER_S", 0.01)
    service = ComputeService(
        database, system_clock, processes=1, timeout_s=HANGS_AFTER_S, lost_s=1.0, draft_after_s=0.0
    )
    serving_thread = threading.Thread(target=service._serve, args=(0,), daemon=True)
    serving_thread.start()
    deadline = time.monotonic() + 10
    while serving_thread.is_alive() and caplog.text.count("was not started") < 3:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    assert serving_thread.is_alive()
    service._stopping.set()
    serving_thread.join(10)
    assert "FileNotFoundError" in caplog.text
    assert "/nowhere" not in caplog.text


@pytest.mark.acceptance
def test_a_hung_process_is_replaced_and_the_ask_answered(tmp_path: Path) -> None:
    settings = Settings(data_folder=tmp_path, ask_wait_s=0.0, compute_timeout_s=HANGS_AFTER_S)
    with serving(settings) as own:
        assert replaced(own, signal.SIGSTOP) > HANGS_AFTER_S * 0.9


def test_all_who_wait_for_one_answer_are_told(clinic: Clinic) -> None:
    course_id, _ = clinic.rated_course()
    (pid,) = compute_of(clinic.server).pids
    waiting_s = clinic.server.services.settings.ask_wait_s
    os.kill(pid, signal.SIGSTOP)
    try:
        with ThreadPoolExecutor(3) as pool:
            began = time.monotonic()
            asking = [pool.submit(clinic.post, f"/courses/{course_id}/asks", {}) for _ in range(3)]
            time.sleep(1)  # by now all of them wait
            os.kill(pid, signal.SIGCONT)
            replies = [each.result() for each in asking]
    finally:
        os.kill(pid, signal.SIGCONT)
    assert time.monotonic() - began < waiting_s * 0.8
    assert sorted(reply.status_code for reply in replies) == [200, 200, 201]
    assert len({reply.json()["id"] for reply in replies}) == 1


def test_an_ask_on_record_that_nobody_submitted_is_found_and_answered(clinic: Clinic) -> None:
    course_id, _ = clinic.rated_course()
    with clinic.server.services.database.write() as session:  # as a service that died after its write left it
        ask_id = asked(clinic, ledger_of(clinic, session), course_id)
    assert await_answer(clinic, f"/courses/{course_id}/asks/{ask_id}")["kind"] == "proposal"


@pytest.mark.acceptance
def test_an_ask_left_open_is_answered_after_a_restart(tmp_path: Path) -> None:
    settings = Settings(data_folder=tmp_path, ask_wait_s=0.0)
    with serving(settings, warm=False) as before:  # stopped while its compute process is still loading
        clinic = before.clinic()
        course_id, _ = clinic.rated_course()
        began = time.monotonic()
        reply = clinic.post(f"/courses/{course_id}/asks", {}, key="k")
        assert (reply.status_code, reply.json()["status"]) == (202, "computing")
        place = reply.headers["Location"].removeprefix("/v1")
    assert time.monotonic() - began < 15, "it did not wait for the loading"
    with serving(settings, warm=False) as after:
        again = after.clinic(site=clinic.site)
        found = await_answer(again, place)
        assert found["kind"] == "proposal"
        repeated = again.post(f"/courses/{course_id}/asks", {}, key="k")
        assert (repeated.status_code, repeated.json()["id"]) == (201, found["id"])


@pytest.mark.acceptance
def test_a_process_that_loaded_another_optimiser_is_not_used(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    process = ComputeProcess(HANGS_AFTER_S)
    monkeypatch.setattr(optimizer_version, "installed", lambda: '{"optimizer":"before the upgrade"}')
    try:
        assert (process.wait_until_warm(), process.is_warm) == (False, False)
        assert "restart the service" in caplog.text
    finally:
        process.end()
        process.close()


@pytest.mark.acceptance
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGSTOP])
def test_where_every_process_dies_or_hangs_a_labelled_fallback_answers(
    end: signal.Signals, tmp_path: Path
) -> None:
    settings = Settings(data_folder=tmp_path, ask_wait_s=0.0, compute_timeout_s=HANGS_AFTER_S)
    with serving(settings) as own:
        clinic = own.clinic()
        course_id, _ = clinic.rated_course()
        ended: set[int] = set()
        answer: dict[str, Any] = {}

        def ask() -> None:
            answer.update(clinic.ask(course_id))

        for pid in compute_of(own).pids:
            os.kill(pid, end)
            ended.add(pid)
        asking = threading.Thread(target=ask)
        asking.start()
        while asking.is_alive():
            for pid in set(compute_of(own).pids) - ended:  # as soon as it is warm
                os.kill(pid, end)
                ended.add(pid)
            time.sleep(0.002)
        asking.join()
        assert (answer["kind"], answer["reason"], answer["fallback"]) == (
            "hold",
            "model_failed",
            "process_failed",
        )
        assert answer["settings"] is not None, "what is in force may stay on meanwhile"
        assert len(ended) >= 2
        assert clinic.ask(course_id)["kind"] == "proposal", "asked again, a new process answers"
