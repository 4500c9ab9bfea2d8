"""Our search of a map asks the same propose, and asks once what it asked before."""

import numpy as np
import pytest

from optimizer.ask import Ask
from optimizer.decision import Decision, Hold, HoldReason
from optimizer.errors import PolicyError
from optimizer.evaluate.map_search import MapSearch
from optimizer.evaluate.recorded_maps import RecordedMaps
from optimizer.history import History
from optimizer.policies.safe_bo import SAFE_BO
from optimizer.prior import NO_PRIOR, Prior
from optimizer.problem import Problem


class Holding:
    """A policy that never dares."""

    name = "holding/1"

    def start(self, problem: Problem, *, prior: Prior = NO_PRIOR, seed: int = 0) -> "Holding":
        return self

    def decide(self, history: History, ask: Ask) -> Decision:
        return Hold(reason=HoldReason.NO_SAFE_CANDIDATE)


def test_equal_histories_are_asked_about_once(small_maps: RecordedMaps) -> None:
    search = MapSearch(maps=small_maps, animal=0, policy=SAFE_BO, with_prior=False)
    first = search.run(1, np.zeros(3))
    again = search.run(1, np.zeros(3))
    assert search.n_asks == 3
    np.testing.assert_array_equal(first, again)


def test_noise_makes_another_history(small_maps: RecordedMaps) -> None:
    search = MapSearch(maps=small_maps, animal=0, policy=SAFE_BO, with_prior=False)
    search.run(1, np.zeros(2))
    search.run(1, np.array([0.3, -0.2]))
    assert search.n_asks == 4


def test_the_prior_chooses_the_first_site(small_maps: RecordedMaps) -> None:
    # the other two animals respond best at the third site and the first
    tried, _ = MapSearch(maps=small_maps, animal=0, policy=SAFE_BO, with_prior=True).run(3, np.zeros(1))
    prior = small_maps.prior_without(0)
    assert tried[0] == int(np.argmax(prior.values))


def test_a_policy_that_holds_on_a_map_broke_the_protocol(small_maps: RecordedMaps) -> None:
    with pytest.raises(PolicyError, match="no_safe_candidate"):
        MapSearch(maps=small_maps, animal=0, policy=Holding(), with_prior=False).run(0, np.zeros(2))
