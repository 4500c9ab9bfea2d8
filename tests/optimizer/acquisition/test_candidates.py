"""What may be proposed: legal, admissible, held tolerable, and each for the sake of something."""

import numpy as np
import pytest

from optimizer.acquisition.candidates import PATIENCE, SHORTLIST, Search, may_keep
from optimizer.acquisition.improvement import best_of, expected_improvement
from optimizer.models.dataset import points_of
from optimizer.safety import limits
from optimizer.safety.safe_set import safe
from tests.optimizer.models.courses import ROWS, asked, conditioned, tonic


@pytest.fixture(scope="module")
def search() -> Search:
    problem = tonic()
    history, ask = asked(problem, ROWS)
    surrogate = conditioned(problem, ROWS)
    return Search(
        problem=problem,
        surrogate=surrogate,
        history=history,
        ask=ask,
        best=best_of(problem, surrogate, surrogate.dataset.points),
        rng=np.random.default_rng(0),
    )


def test_every_candidate_is_admissible_and_held_tolerable_and_every_aim_may_be_kept(search: Search) -> None:
    found = search.candidates(search.aims())
    assert len(found) > 0
    assert limits.admissible(search.problem, search.history, search.ask, found.points).all()
    assert bool(safe(search.problem, search.surrogate, points_of(search.problem, found.points)).all())
    assert may_keep(search.problem, search.surrogate, search.history, search.ask, found.aims).all()


def test_a_candidate_without_a_step_to_go_is_its_own_aim(search: Search) -> None:
    found = search.candidates(search.aims())
    assert (found.points[found.steps == 0] == found.aims[found.steps == 0]).all()
    assert (found.points[found.steps > 0] != found.aims[found.steps > 0]).any(axis=1).all()


def test_the_shortlist_is_judged_by_all_draws_at_the_aims_less_the_patience_they_cost(search: Search) -> None:
    listed, scores = search.shortlist(search.aims())
    assert len(listed) <= SHORTLIST
    aims = points_of(search.problem, listed.aims)
    worth = expected_improvement(search.problem, search.surrogate, search.best, aims).numpy()
    assert scores.numpy() == pytest.approx(worth * PATIENCE**listed.steps)
