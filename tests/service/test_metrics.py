import math
import re
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from service import metrics
from service.auth.access import ACCESS
from service.command_errors import PortInUseError
from service.proposals import answering
from service.serving import listen, watch
from service.settings import Settings
from tests.service.live import Server, serving
from tests.service.new_ledger import new_ledger

LABELS = {"method", "route", "status", "kind", "reason", "cause", "part", "le"}
OF_THE_PROCESS = ("process_", "python_", "titrate_info")


class Dials:
    """The dials read over HTTP, as Prometheus does."""

    def __init__(self, port: int) -> None:
        self.port = port

    def read(self) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=5) as reply:
            text = reply.read().decode()
        return {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def of(self, name: str, **labels: str) -> float:
        return self.read().get((name, tuple(sorted(labels.items()))), 0.0)


@pytest.fixture(scope="module")
def dials() -> Iterator[Dials]:
    """One port for all: closing one takes half a second."""
    with metrics.exposed("127.0.0.1", 0) as port:
        assert port is not None
        yield Dials(port)


def test_requests_are_counted_by_template_and_no_label_names_a_patient_or_a_course(
    server: Server, dials: Dials
) -> None:
    clinic = server.clinic()
    course_id, trial_id = clinic.rated_course()
    reads = {"method": "GET", "route": "/courses/{course_id}", "status": "200"}
    before = dials.of("titrate_http_requests_total", **reads)
    for _ in range(3):
        clinic.get(f"/courses/{course_id}")
    proposal_id = clinic.ask(course_id)["id"]
    server.http.request("BREW", f"/v1/{course_id}")
    assert dials.of("titrate_http_requests_total", **reads) == before + 3
    assert dials.of("titrate_http_requests_total", method="other", route="none", status="404") >= 1
    ours = [entry for entry in dials.read() if not entry[0].startswith(OF_THE_PROCESS)]
    assert {name for _, labels in ours for name, _ in labels} <= LABELS
    said = "\n".join(value for _, labels in ours for _, value in labels)
    for secret in (course_id, trial_id, proposal_id, clinic.site, "P-"):
        assert secret not in said
    assert not re.search(r"[0-9a-f]{8}-", said)
    routes = {dict(labels).get("route") for _, labels in ours} - {None, metrics.NO_ROUTE}
    assert {route for route in routes if route.startswith("/courses")} <= {line.split()[1] for line in ACCESS}


def test_asks_are_timed_and_answers_counted_by_reason_once_they_are_on_record(
    server: Server, dials: Dials
) -> None:
    clinic = server.clinic()
    held = {"kind": "hold", "reason": "preflight_due"}
    asks, before = (
        dials.of("titrate_ask_seconds_count", status="201"),
        dials.of("titrate_answers_total", **held),
    )
    answer = clinic.ask(clinic.course(checks=[])["id"])
    assert (answer["kind"], answer["reason"]) == ("hold", held["reason"])
    assert dials.of("titrate_answers_total", **held) == before + 1
    assert dials.of("titrate_ask_seconds_count", status="201") == asks + 1
    assert dials.of("titrate_ask_seconds_bucket", status="201", le="60.0") == asks + 1


def test_an_answer_that_was_rolled_back_is_not_counted_and_a_fallback_is(
    tmp_path: Path, dials: Dials
) -> None:
    failed = {"kind": "hold", "reason": "model_failed"}
    with serving(Settings(data_folder=tmp_path, ask_wait_s=0.0), asks=False) as server:
        clinic = server.clinic()
        course_id, _ = clinic.rated_course()
        ask_id = clinic.post(f"/courses/{course_id}/asks", {}).json()["ask_id"]
        database, now = server.services.database, server.services.clock()
        before = (
            dials.of("titrate_answers_total", **failed),
            dials.of("titrate_fallbacks_total", cause="process_failed"),
        )
        with pytest.raises(ZeroDivisionError), database.write() as session:
            assert _fall_back(session, ask_id, now) / 0
        assert dials.of("titrate_answers_total", **failed) == before[0]
        with database.write() as session:
            _fall_back(session, ask_id, now)
    assert dials.of("titrate_answers_total", **failed) == before[0] + 1
    assert dials.of("titrate_fallbacks_total", cause="process_failed") == before[1] + 1


def _fall_back(session, ask_id, now) -> int:
    hold = answering.fallback_hold(session, ask_id)
    answering.store(session, ask_id, hold, now, fallback="process_failed")
    return 1


def test_the_outbox_lag_is_read_when_scraped_and_is_nan_where_the_ledger_is_gone(
    tmp_path: Path, dials: Dials
) -> None:
    with serving(Settings(data_folder=tmp_path), asks=False) as server:
        watch(server.services)
        empty = dials.of("titrate_outbox_lag")
        server.clinic().course(checks=[])
        assert (empty, dials.of("titrate_outbox_lag"), dials.of("titrate_compute_warm")) == (0, 1, 0)
    metrics.watch(metrics.OUTBOX_LAG, lambda: 1 / 0)
    assert math.isnan(dials.of("titrate_outbox_lag"))


def test_what_a_write_waited_for_and_what_it_held_are_told_apart(tmp_path: Path, dials: Dials) -> None:
    database = new_ledger(tmp_path)
    begun = threading.Event()

    def hold() -> None:
        with database.write():
            begun.set()
            time.sleep(0.3)

    before = {part: dials.of("titrate_write_seconds_sum", part=part) for part in ("waited", "held")}
    hold()
    alone = {part: dials.of("titrate_write_seconds_sum", part=part) - before[part] for part in before}
    assert alone["waited"] < 0.3 <= alone["held"]
    begun.clear()
    other = threading.Thread(target=hold)
    other.start()
    begun.wait()
    with database.write():
        pass
    other.join()
    database.close()
    assert dials.of("titrate_write_seconds_sum", part="waited") - before["waited"] >= alone["waited"] + 0.25


def test_no_port_is_opened_by_default_and_a_taken_one_is_named() -> None:
    settings = Settings()
    assert (settings.metrics_port, settings.metrics_host) == (None, "127.0.0.1")
    with metrics.exposed(settings.metrics_host, settings.metrics_port) as port:
        assert port is None
    with listen("127.0.0.1", 0) as taken:
        number = taken.getsockname()[1]
        with pytest.raises(PortInUseError, match=f"port {number}"), metrics.exposed("127.0.0.1", number):
            pass
