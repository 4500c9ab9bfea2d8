"""BayBE sees relief and tolerability as one desirability, and a table of legal settings to choose from."""

from dataclasses import replace

import numpy as np
import pytest

from optimizer.decision import Proposal
from optimizer.policies.baseline import permitted
from tests.optimizer.evaluate.peers.courses import steered_course

pytest.importorskip("baybe", reason="needs the extra `peers` (baybe)")

import pandas as pd
from baybe.objectives import DesirabilityObjective, SingleTargetObjective

from optimizer.evaluate.peers.baybe_peer import BAYBE, BaybeSession


def test_a_grade_at_the_limit_is_desirable_and_one_point_past_it_is_not() -> None:
    problem, _, _ = steered_course(5)
    assert problem.tolerability is not None
    objective = BaybeSession(problem=problem, seed=0, name="baybe/1")._objective()
    assert isinstance(objective, DesirabilityObjective)
    tolerable = next(target for target in objective.targets if target.name == "grade")
    limit = problem.tolerability.limit_grade
    seen = tolerable.transform(pd.Series([limit, limit + 1.0], name="grade"))
    np.testing.assert_allclose(np.ravel(seen), [0.9, 0.1], atol=1e-6)


def test_a_problem_without_side_effects_has_relief_alone() -> None:
    problem, _, _ = steered_course(5)
    free = replace(problem, tolerability=None, titration=None)
    assert isinstance(BaybeSession(problem=free, seed=0, name="baybe/1")._objective(), SingleTargetObjective)


def test_what_was_rejected_is_not_proposed_again() -> None:
    problem, history, ask = steered_course(13)
    session = BAYBE.start(problem, seed=0)
    first = session.decide(history, ask)
    assert isinstance(first, Proposal)
    without = replace(ask, exclude=(first.settings.indices,))
    second = session.decide(history, without)
    assert isinstance(second, Proposal)
    assert second.settings != first.settings
    assert permitted(problem, without, np.array([second.settings.indices])).all()
