"""Staying is staying."""

from dataclasses import replace
from datetime import timedelta

from optimizer.ask import Ask
from optimizer.decision import Hold, Proposal
from optimizer.history import EPOCH, History, applied
from optimizer.policies.stay import STAY
from optimizer.problem import stimulation_problem
from optimizer.space.device import load_device

START = {"amplitude_ma": 4.0, "pulse_width_us": 300.0, "frequency_hz": 50.0, "configuration": "level-3"}
PROBLEM = stimulation_problem(load_device("scs-tonic"), envelope={"amplitude_ma": (0.0, 12.0)})
ASK = Ask(at=EPOCH + timedelta(days=1), in_force=applied(PROBLEM, START))


def test_the_settings_in_force_are_proposed_again_and_nothing_changes() -> None:
    decision = STAY.start(PROBLEM).decide(History(), ASK)
    assert isinstance(decision, Proposal)
    assert decision.settings == ASK.in_force.settings
    assert decision.steps[0].explanation.changes == ()


def test_settings_off_the_grid_cannot_be_proposed() -> None:
    off_grid = replace(ASK, in_force=applied(PROBLEM, {**START, "amplitude_ma": 4.05}))
    assert isinstance(STAY.start(PROBLEM).decide(History(), off_grid), Hold)
