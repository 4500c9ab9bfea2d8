import threading
import time
from pathlib import Path

import pytest

from service.dependencies.running import Running
from service.errors import IdempotencyKeyRunningError
from service.settings import Settings
from tests.service.live import codes, serving


def test_a_second_waits_shortly_and_no_other_key_waits_at_all() -> None:
    running = Running(0.05)
    with running.turn("k"):
        began = time.monotonic()
        with pytest.raises(IdempotencyKeyRunningError), running.turn("k"):
            pass
        assert time.monotonic() - began >= 0.05
        with running.turn("other"):
            pass
    with running.turn("k"):
        pass


def test_what_fails_gives_its_turn_back() -> None:
    running = Running(0.0)
    with pytest.raises(RuntimeError), running.turn("k"):
        raise RuntimeError
    with running.turn("k"):
        pass


def test_while_the_first_runs_the_same_key_is_told_to_come_back(tmp_path: Path) -> None:
    """The first is held up by a write that takes long."""
    body, replies = {"pseudonym": "P-1"}, []
    with serving(Settings(data_folder=tmp_path, repeat_wait_s=0.1), asks=False) as server:
        clinic = server.clinic()
        threads = [
            threading.Thread(target=lambda: replies.append(clinic.post("/patients", body, key="k")))
            for _ in range(2)
        ]
        with server.services.database.write():
            for thread in threads:
                thread.start()
            while not replies:
                time.sleep(0.01)
        for thread in threads:
            thread.join()
        assert sorted(codes(replies)) == [(201, ""), (409, "idempotency-key-running")]
        assert replies[0].headers["Retry-After"] == "1"
        assert clinic.post("/patients", body, key="k").status_code == 201
