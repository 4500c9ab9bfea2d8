"""How long a clinic waits from an ask to its proposal, over HTTP, and where the time goes."""

import csv
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from service.proposals.compute import ComputeService
from tests.service.live import START, Clinic, Server

REPEATS = 20


def course_with(clinic: Clinic, n_trials: int) -> str:
    """Return a course with rated trials at gently varied settings."""
    course_id = clinic.course(min_gain_nrs=0)["id"]
    reports = []
    for number in range(n_trials):
        settings = START | {
            "amplitude_ma": round(4.0 + 0.1 * (number % 6), 1),
            "frequency_hz": 40 + 5 * (number % 3),
        }
        at = f"2026-10-{1 + number % 30:02d}T10:00:00Z"
        trial_id = clinic.trial(course_id, settings=settings, occurred_at=at)["id"]
        for measure, kind, value in (("pain", "", 7 - number % 4), ("side_effect", "discomfort", number % 3)):
            reports.append(
                {"trial_id": trial_id, "measure": measure, "kind": kind, "value": value, "occurred_at": at}
            )
    clinic.made(f"/courses/{course_id}/reports", {"reports": reports})
    return course_id


def measured(clinic: Clinic, course_id: str, repeats: int) -> tuple[list[float], list[float], list[str]]:
    """Return seconds over HTTP, seconds in the optimiser and kinds; each ask follows a new report."""
    compute = clinic.server.services.compute
    assert isinstance(compute, ComputeService)
    trial_id = clinic.get(f"/courses/{course_id}/history").json()["content"]["trials"][-1]["id"]
    over_http, inside, kinds = [], [], []
    for number in range(repeats):
        clinic.report(trial_id, 4 + number % 2)
        began = time.perf_counter()
        answer: dict[str, Any] = clinic.ask(course_id)
        over_http.append(time.perf_counter() - began)
        inside.append(compute.optimizer_s[-1])
        kinds.append(answer["kind"])
        assert answer["fallback"] is None
    return over_http, inside, kinds


def test_the_time_of_an_ask_is_the_time_of_the_optimiser(clinic: Clinic) -> None:
    over_http, inside, _ = measured(clinic, course_with(clinic, 5), 3)
    rest = np.array(over_http) - np.array(inside)
    assert (rest > 0).all()
    assert np.median(rest) < 0.5, "the service adds little of its own"


@pytest.mark.acceptance
def test_ask_to_proposal_at_5_15_and_30_trials(server: Server, acceptance_folder: Path) -> None:
    with (acceptance_folder / "ask-latency.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["trials", "asks", "proposals", "median_s", "p95_s", "share_in_optimiser"])
        for n_trials in (5, 15, 30):
            clinic = server.clinic()
            over_http, inside, kinds = measured(clinic, course_with(clinic, n_trials), REPEATS)
            assert kinds.count("proposal") > REPEATS / 2
            median_s, p95_s = np.quantile(over_http, [0.5, 0.95])
            share = sum(inside) / sum(over_http)
            row = [
                n_trials,
                REPEATS,
                kinds.count("proposal"),
                f"{median_s:.3f}",
                f"{p95_s:.3f}",
                f"{share:.2f}",
            ]
            table.writerow(row)
