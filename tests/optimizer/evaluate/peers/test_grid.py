"""What a library names becomes a grid point, and what it is told is inside the envelope."""

from datetime import timedelta

import numpy as np

from optimizer.ask import Ask
from optimizer.evaluate.peers.grid import Grid, ask_seed, nearest_legal
from optimizer.evaluate.peers.told import told
from optimizer.history import EPOCH, History, applied, history_from_rows
from optimizer.policies.baseline import permitted
from optimizer.problem import stimulation_problem
from optimizer.space.device import load_device
from tests.optimizer.evaluate.peers.courses import START

ENVELOPE = {
    "amplitude_ma": (2.0, 12.0),
    "frequency_hz": (50.0, 50.0),
    "configuration": ("level-3", "level-5"),
}
PROBLEM = stimulation_problem(load_device("scs-tonic"), envelope=ENVELOPE)
GRID = Grid(problem=PROBLEM)
ASK = Ask(at=EPOCH + timedelta(days=1), in_force=applied(PROBLEM, START))


def test_a_point_goes_out_without_what_is_fixed_and_comes_back_the_same() -> None:
    points = GRID.draw(ASK, np.random.default_rng(0), 500)
    for settings in map(PROBLEM.space.at, points):
        row = GRID.row(settings)
        assert set(row) == {"amplitude_ma", "pulse_width_us", "configuration"}
        assert GRID.settings(row) == settings


def test_numbers_between_levels_or_past_the_envelope_become_its_nearest_level() -> None:
    row = {"amplitude_ma": 4.30000001, "pulse_width_us": 304.9, "configuration": "level-5"}
    assert GRID.settings(row).values == (4.3, 300.0, 50.0, "level-5")
    assert GRID.settings({**row, "amplitude_ma": 0.0})["amplitude_ma"] == 2.0


def test_a_trial_outside_the_envelope_is_not_told() -> None:
    rows = [{**START, "amplitude_ma": 1.0, "pain": 5}, {**START, "pain": 6}]
    inside = GRID.inside(told(PROBLEM, history_from_rows(PROBLEM, rows)))
    assert [trial.relief for trial in inside] == [-6.0]


def test_the_candidates_are_legal_and_distinct() -> None:
    points = GRID.draw(ASK, np.random.default_rng(1), 2_000)
    assert len(points) > 1_000
    assert len(np.unique(points, axis=0)) == len(points)
    assert permitted(PROBLEM, ASK, points).all()


def test_a_legal_wish_stands_and_another_becomes_the_nearest_legal_settings() -> None:
    legal = PROBLEM.space.settings({**START, "pulse_width_us": 400.0})
    high = PROBLEM.space.settings({**START, "amplitude_ma": 25.0, "pulse_width_us": 1_000.0})
    history = History()
    assert nearest_legal(PROBLEM, history, ASK, legal, seed=0) == legal
    near = nearest_legal(PROBLEM, history, ASK, high, seed=0)
    assert near is not None
    assert permitted(PROBLEM, ASK, np.array([near.indices])).all()
    assert float(near["amplitude_ma"]) > 4.0, "towards the wish"


def test_every_ask_has_a_seed_of_its_own() -> None:
    rows = [{**START, "pain": 6}] * 3
    histories = [history_from_rows(PROBLEM, rows[:n]) for n in range(1, 4)]
    assert len({ask_seed(seed, history) for seed in (0, 1) for history in histories}) == 6
