"""`titrate compute`: several services and several web processes share one table of jobs."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr

from service.proposals.elsewhere import NOBODY
from service.settings import Settings
from tests.service.live import Server, serving, wait_for
from tests.service.postgresql import Cluster

ROOT = Path(__file__).resolve().parents[3]
LOST_S = 5.0


@contextmanager
def computing(folder: Path, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    stated = {"TITRATE_DATA_FOLDER": str(folder), "TITRATE_COMPUTE_LOST_S": str(LOST_S), **environment}
    process = subprocess.Popen(
        [sys.executable, "-m", "service.cli", "compute"],
        cwd=ROOT,
        env=os.environ | stated,
        stderr=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)
            process.terminate()
        process.communicate(timeout=60)


def test_told_to_end_it_ends_in_good_order_even_before_there_is_a_ledger(tmp_path: Path) -> None:
    with computing(tmp_path) as process:
        assert process.stderr is not None
        assert b"waiting for the ledger" in process.stderr.readline()
        process.terminate()
        assert process.wait(30) == 0


@pytest.mark.acceptance
@pytest.mark.postgres
def test_compute_services_die_hang_and_come_back_and_every_ask_is_answered(
    cluster: Cluster, tmp_path: Path
) -> None:
    address = cluster.database("elsewhere")
    settings = Settings(
        data_folder=tmp_path,
        database=SecretStr(address),
        ask_wait_s=0.0,
        compute_processes=0,
        compute_lost_s=LOST_S,
    )
    with ExitStack() as stack:
        webs = [stack.enter_context(serving(settings, warm=False)) for _ in range(2)]
        services = [stack.enter_context(computing(tmp_path, TITRATE_DATABASE=address)) for _ in range(2)]
        for web in webs:
            wait_for(web.address + "/readyz")
        assert answers(webs, 8) == {("proposal", None)}
        services[0].kill()
        assert answers(webs, 8) == {("proposal", None)}, "the other takes over"
        services[1].send_signal(signal.SIGSTOP)
        assert answers(webs, 2) == {("hold", NOBODY)}, "nobody computes"
        assert {web.http.get("/readyz").status_code for web in webs} == {503}
        services[1].send_signal(signal.SIGCONT)
        for web in webs:
            wait_for(web.address + "/readyz")
        cluster.kill()
        time.sleep(1)
        cluster.start()
        for web in webs:
            wait_for(web.address + "/readyz")
        assert answers(webs, 6) == {("proposal", None)}, "a lost database ends no compute service"


def answers(webs: list[Server], courses: int) -> set[tuple[str, str | None]]:
    """Ask about as many new courses, each at one web process, all before any is looked at; return what came."""
    asked = []
    for number in range(courses):
        clinic = webs[number % len(webs)].clinic()
        course_id, _ = clinic.rated_course()
        reply = clinic.post(f"/courses/{course_id}/asks", {})
        assert reply.status_code == 202
        asked.append((clinic, course_id))
    found = [clinic.ask(course_id) for clinic, course_id in asked]
    return {(answer["kind"], answer["fallback"]) for answer in found}
