"""A small course on the tonic stimulator that the tests of the surrogate share."""

from dataclasses import replace
from datetime import timedelta

import numpy as np

from optimizer.ask import Ask
from optimizer.history import EPOCH, History, applied, history_from_rows
from optimizer.models.dataset import dataset_of, points_of
from optimizer.models.joint import fit
from optimizer.models.surrogate import Surrogate
from optimizer.prior import NO_PRIOR
from optimizer.problem import Problem, stimulation_problem
from optimizer.space.device import load_device
from optimizer.space.search_space import Indices
from optimizer.trial import Posture

START = {"amplitude_ma": 5.0, "pulse_width_us": 300.0, "frequency_hz": 40.0, "configuration": "level-3"}
ROWS: list[dict[str, object]] = [
    {**START, "pain": 7, "discomfort": 0},
    {**START, "amplitude_ma": 5.4, "pain": 6, "discomfort": 1},
    {**START, "amplitude_ma": 5.8, "pain": 4, "discomfort": 2},
    {**START, "amplitude_ma": 4.6, "configuration": "level-4", "pain": 5, "discomfort": 1},
    {
        **START,
        "amplitude_ma": 5.0,
        "configuration": "level-4",
        "frequency_hz": 50.0,
        "pain": 3,
        "discomfort": 2,
    },
]


def tonic(**fields: object) -> Problem:
    """The shipped stimulator inside a usual envelope."""
    envelope = {"amplitude_ma": (0.0, 12.0), "pulse_width_us": (60.0, 600.0), "frequency_hz": (10.0, 120.0)}
    return stimulation_problem(load_device("scs-tonic"), envelope=envelope, **fields)  # type: ignore[arg-type]


def indices(problem: Problem, *points: dict[str, object]) -> Indices:
    """Grid indices of raw points."""
    return np.array([problem.space.settings(point).indices for point in points], dtype=np.int64)


def conditioned(problem: Problem, rows: list[dict[str, object]], seed: int = 0) -> Surrogate:
    """The surrogate given a table."""
    history = history_from_rows(problem, rows)
    start = points_of(problem, indices(problem, START))
    return fit(problem, dataset_of(problem, history), start, prior=NO_PRIOR, seed=seed)


def said(history: History, *postures: Posture) -> History:
    """The history with the posture of each trial's reports."""
    of_trial = {trial.id: posture for trial, posture in zip(history.trials, postures, strict=True)}
    reports = tuple(replace(report, posture=of_trial[report.trial_id]) for report in history.reports)
    return replace(history, reports=reports)


def asked(problem: Problem, rows: list[dict[str, object]]) -> tuple[History, Ask]:
    """A history and the question after it, from the last row's settings."""
    history = history_from_rows(problem, rows)
    last = {name: rows[-1][name] for name in problem.space.names}
    return history, Ask(at=EPOCH + timedelta(days=len(rows)), in_force=applied(problem, last))  # type: ignore[arg-type]
