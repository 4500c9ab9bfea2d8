"""What may be proposed: legal, admissible, held tolerable, and each for the sake of something."""

import numpy as np
import pytest

from optimizer.acquisition.candidates import JUDGES, PATIENCE, SHORTLIST, Search, may_keep
from optimizer.acquisition.improvement import best_of, expected_improvement, utility
from optimizer.models.dataset import points_of
from optimizer.safety import limits
from optimizer.safety.safe_set import safe
from tests.optimizer.models.courses import ROWS, asked, conditioned, tonic


@pytest.fixture(scope="module")
def search() -> Search:
    problem = tonic()
    history, ask = asked(problem, ROWS)
    surrogate = conditioned(problem, ROWS)
    tried = surrogate.dataset.points
    return Search(
        surrogate=surrogate,
        history=history,
        best=best_of(tried, utility(problem, surrogate, tried)),
        rng=np.random.default_rng(0),
        gate=limits.gate_of(problem, history, ask),
    )


def test_every_candidate_is_admissible_and_held_tolerable_and_no_limit_shuts_its_aim_out(
    search: Search,
) -> None:
    found = search.candidates(search.aims())
    assert len(found) > 0
    assert limits.admissible(search.problem, search.history, search.ask, found.points).all()
    assert bool(safe(search.problem, search.surrogate, points_of(search.problem, found.points)).all())
    assert search.problem.allowed(found.aims).all()


def test_what_may_be_kept_is_inside_every_limit_and_held_tolerable(search: Search) -> None:
    points = search.problem.space.draw(np.random.default_rng(1), 500)
    kept = points[may_keep(search.surrogate, search.gate, points)]
    assert 0 < len(kept) < len(points)
    assert search.problem.allowed(kept).all()
    assert bool(safe(search.problem, search.surrogate, points_of(search.problem, kept)).all())


def test_a_candidate_without_a_step_to_go_is_its_own_aim(search: Search) -> None:
    found = search.candidates(search.aims())
    assert (found.points[found.steps == 0] == found.aims[found.steps == 0]).all()
    assert (found.points[found.steps > 0] != found.aims[found.steps > 0]).any(axis=1).all()


def test_the_shortlist_is_judged_by_many_draws_at_the_aims_less_patience_and_risk(search: Search) -> None:
    listed = search.shortlist(search.aims())
    assert len(listed) <= SHORTLIST
    aims = points_of(search.problem, listed.aims)
    judges = search.surrogate.draws(JUDGES)
    worth = expected_improvement(search.problem, judges, search.best, aims)
    tolerated = 1.0 - judges.p_intolerable(aims)
    assert listed.scores.numpy() == pytest.approx((worth * tolerated).numpy() * PATIENCE**listed.steps)
