"""BoFire has the grid as discrete inputs and the limit as a constrained output, told anew at every ask."""

import importlib.util
import warnings
from dataclasses import replace

import pytest

from optimizer.decision import Proposal
from optimizer.history import History
from optimizer.space.settings import Settings
from optimizer.trial import Report
from tests.optimizer.evaluate.peers.courses import steered_course

if importlib.util.find_spec("bofire") is None:
    pytest.skip("needs the extra `peers` (bofire)", allow_module_level=True)

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it warns of chemistry that is not installed
    from optimizer.evaluate.peers.bofire_peer import BOFIRE, N_START


def test_it_tries_where_relief_is_and_the_limit_is_not() -> None:
    problem, history, ask = steered_course(13)
    found = BOFIRE.start(problem, seed=0).decide(history, ask)
    assert isinstance(found, Proposal)
    assert 3.0 <= float(found.settings["amplitude_ma"]) <= 6.5
    assert found.recommendation is not None
    assert 4.0 <= float(found.recommendation["amplitude_ma"]) <= 6.0


def test_the_start_depends_on_the_seed_and_on_no_report() -> None:
    problem, history, ask = steered_course(13)
    known = {trial.id for trial in history.trials[: N_START - 1]}
    reports = [report for report in history.reports if report.trial_id in known]
    changed = [replace(report, value=2.0) for report in reports]
    assert changed != reports
    trials = history.trials[: N_START - 1]

    def tried(told: list[Report], seed: int) -> Settings:
        found = BOFIRE.start(problem, seed=seed).decide(History(trials=trials, reports=tuple(told)), ask)
        assert isinstance(found, Proposal)
        return found.settings

    assert tried(reports, 1) == tried(changed, 1)
    assert len({tried(reports, seed) for seed in range(3)}) > 1


def test_a_problem_without_side_effects_has_no_constraint() -> None:
    problem, history, ask = steered_course(13)
    free = replace(problem, tolerability=None, titration=None)
    found = BOFIRE.start(free, seed=0).decide(history, ask)
    assert isinstance(found, Proposal)
    assert found.recommendation is not None
    assert float(found.recommendation["amplitude_ma"]) >= 4.0
