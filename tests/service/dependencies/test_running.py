import threading
import time

import pytest

from service.dependencies.running import Running
from service.errors import IdempotencyKeyRunningError
from tests.service.live import Clinic, codes


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


def test_while_the_first_runs_the_same_key_is_told_to_come_back(clinic: Clinic) -> None:
    """The first is held up by a write that takes long."""
    body, first = {"pseudonym": "P-1"}, []
    with clinic.server.services.database.write():
        thread = threading.Thread(target=lambda: first.append(clinic.post("/patients", body, key="k")))
        thread.start()
        time.sleep(0.1)
        second = threading.Thread(target=lambda: first.append(clinic.post("/patients", body, key="k")))
        second.start()
        time.sleep(0.5)
    thread.join()
    second.join()
    assert sorted(codes(first)) == [(201, ""), (409, "idempotency-key-running")]
    assert next(reply for reply in first if reply.status_code == 409).headers["Retry-After"] == "1"
    assert clinic.post("/patients", body, key="k").status_code == 201
