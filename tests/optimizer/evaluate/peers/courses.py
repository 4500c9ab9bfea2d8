"""A course long enough for a peer to have left its random start."""

from datetime import timedelta

import numpy as np

from optimizer.ask import Ask
from optimizer.history import EPOCH, History, applied, history_from_rows
from optimizer.problem import Problem, stimulation_problem
from optimizer.space.device import load_device

START = {"amplitude_ma": 4.0, "pulse_width_us": 300.0, "frequency_hz": 50.0, "configuration": "level-3"}
BEST_MA = 5.0


def steered_course(n_trials: int) -> tuple[Problem, History, Ask]:
    """Relief rises to 5 mA, grade 4 is passed at 6 mA; nothing else counts."""
    envelope = {
        "amplitude_ma": (0.0, 12.0),
        "pulse_width_us": (300.0, 300.0),
        "frequency_hz": (50.0, 50.0),
        "configuration": ("level-3",),
    }
    problem = stimulation_problem(load_device("scs-tonic"), envelope=envelope)
    amplitudes = np.linspace(0.0, 12.0, n_trials).round(1)
    rows = [
        {
            **START,
            "amplitude_ma": float(amplitude),
            "pain": max(0, round(9 - 1.6 * amplitude)) if amplitude <= BEST_MA else 1,
            "discomfort": float(np.clip(round(2 * (amplitude - 4)), 0, 10)),
        }
        for amplitude in amplitudes
    ]
    history = history_from_rows(problem, rows)
    return problem, history, Ask(at=EPOCH + timedelta(days=60), in_force=applied(problem, START))
