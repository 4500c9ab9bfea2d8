"""Ax is told the grid as choices, the start as its baseline and the limit as a constraint, anew at every ask."""

import pytest

from optimizer.decision import Proposal
from optimizer.history import History
from tests.optimizer.evaluate.peers.courses import steered_course

pytest.importorskip("ax", reason="needs the extra `peers` (ax)")

from optimizer.evaluate.peers.ax_peer import AX, N_START


def begun(history: History, n: int) -> History:
    """Return the course as of its first trials."""
    known = {trial.id for trial in history.trials[:n]}
    reports = tuple(report for report in history.reports if report.trial_id in known)
    return History(trials=history.trials[:n], reports=reports)


def test_it_tries_where_relief_is_and_the_limit_is_not() -> None:
    problem, history, ask = steered_course(13)
    found = AX.start(problem, seed=0).decide(history, ask)
    assert isinstance(found, Proposal)
    assert 3.0 <= float(found.settings["amplitude_ma"]) <= 6.5
    assert found.recommendation is not None
    assert 4.0 <= float(found.recommendation["amplitude_ma"]) <= 6.0


def test_the_start_is_a_sequence_of_different_points_and_keeps_nothing_yet() -> None:
    problem, history, ask = steered_course(13)
    session = AX.start(problem, seed=4)
    found = [session.decide(begun(history, n), ask) for n in range(1, N_START)]
    points = [decision.settings for decision in found if isinstance(decision, Proposal)]
    assert len(set(points)) == N_START - 1
    again = AX.start(problem, seed=4).decide(begun(history, 2), ask)
    assert isinstance(again, Proposal)
    assert again.settings == points[1]
