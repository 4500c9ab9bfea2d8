"""A peer is told what was rated, and nothing else."""

import pytest

from optimizer.evaluate.peers.told import told
from optimizer.history import history_from_rows
from optimizer.problem import stimulation_problem
from optimizer.space.device import load_device

START = {"amplitude_ma": 4.0, "pulse_width_us": 300.0, "frequency_hz": 50.0, "configuration": "level-3"}
PROBLEM = stimulation_problem(load_device("scs-tonic"))


def test_relief_is_the_rating_turned_and_the_grade_the_worst_of_all_kinds() -> None:
    rows = [
        {**START, "pain": 6, "discomfort": 1, "muscle_twitch": 3},
        {**START, "amplitude_ma": 4.4, "pain": 2},
    ]
    first, second = told(PROBLEM, history_from_rows(PROBLEM, rows))
    assert (first.relief, first.grade) == (-6.0, 3.0)
    assert (second.relief, second.grade) == (-2.0, 0.0)
    assert second.settings["amplitude_ma"] == pytest.approx(4.4)


def test_any_hard_stop_is_past_the_limit() -> None:
    (only,) = told(PROBLEM, history_from_rows(PROBLEM, [{**START, "pain": 3, "weakness": 1}]))
    assert PROBLEM.tolerability is not None
    assert only.grade == PROBLEM.tolerability.severe_grade


def test_a_trial_without_rating_is_not_told() -> None:
    assert told(PROBLEM, history_from_rows(PROBLEM, [{**START, "discomfort": 2}])) == ()
