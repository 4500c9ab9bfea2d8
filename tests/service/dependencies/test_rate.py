from pathlib import Path

import pytest

from service.dependencies import rate
from service.dependencies.rate import RateLimit
from service.errors import TooManyRequestsError
from service.settings import Settings
from tests.service.live import serving


class Watch:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def refused(limit: RateLimit, caller: str) -> int:
    try:
        limit.take(caller)
    except TooManyRequestsError as error:
        return error.retry_after_s or 0
    return 0


def test_a_burst_then_the_rate_each_caller_for_itself() -> None:
    watch = Watch()
    limit = RateLimit(per_s=0.5, burst=3, elapsed=watch)
    assert [refused(limit, "a") for _ in range(4)] == [0, 0, 0, 2]
    assert refused(limit, "b") == 0
    watch.seconds += 1.9
    assert refused(limit, "a") == 1
    watch.seconds += 0.2
    assert refused(limit, "a") == 0
    watch.seconds += 1_000
    assert [refused(limit, "a") for _ in range(4)] == [0, 0, 0, 2]


def test_many_callers_take_bounded_room_and_a_busy_one_is_not_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rate, "MOST_CALLERS", 10)
    watch = Watch()
    limit = RateLimit(per_s=1.0, burst=2, elapsed=watch)
    for caller in range(8):
        limit.take(str(caller))
    watch.seconds += 1.5
    limit.take("busy")
    limit.take("busy")
    for caller in range(8, 16):
        limit.take(str(caller))
    assert len(limit._left) <= 10
    assert refused(limit, "busy") == 1


def test_over_http_it_is_a_problem_that_says_when_to_come_back(tmp_path: Path) -> None:
    settings = Settings(data_folder=tmp_path, rate_per_s=0.1, rate_burst=2)
    with serving(settings, asks=False) as server:
        clinic, other = server.clinic(), server.clinic()
        statuses = [clinic.get("/devices").status_code for _ in range(2)]
        reply = clinic.get("/devices")
        assert statuses == [200, 200]
        assert (reply.status_code, reply.json()["code"]) == (429, "too-many-requests")
        assert 1 <= int(reply.headers["Retry-After"]) <= 10
        assert other.get("/devices").status_code == 200
        server.services.refusals._burst = 3.0
        wrong = {"Authorization": "Bearer wrong"}
        refusals = [server.http.get("/v1/devices", headers=wrong).status_code for _ in range(12)]
        assert refusals[:3] == [401] * 3
        assert 429 in refusals
