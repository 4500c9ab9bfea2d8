"""The yardsticks of a replay: each does what its name says, and recommends what it saw best."""

import numpy as np

from optimizer.evaluate.plain_search import any_site, best_seen, every_site

FIRST = np.array([3, 0, 3])


def rngs() -> list[np.random.Generator]:
    return [np.random.default_rng(seed) for seed in range(len(FIRST))]


def test_any_site_begins_at_the_first_and_follows_the_seed() -> None:
    tried = any_site(FIRST, rngs(), 5, 40)
    assert tried.shape == (3, 40)
    np.testing.assert_array_equal(tried[:, 0], FIRST)
    assert set(tried.ravel()) == set(range(5))
    np.testing.assert_array_equal(tried, any_site(FIRST, rngs(), 5, 40))
    assert any_site(FIRST, rngs(), 5, 1).tolist() == [[3], [0], [3]]


def test_every_site_comes_once_before_any_comes_again() -> None:
    tried = every_site(FIRST, rngs(), 5, 12)
    np.testing.assert_array_equal(tried[:, 0], FIRST)
    for run in tried:
        assert sorted(run[:5]) == list(range(5))
        np.testing.assert_array_equal(run[5:], np.resize(run[:5], 12)[5:])


def test_the_highest_mean_is_recommended_and_the_earlier_on_a_tie() -> None:
    tried = np.array([[0, 1, 2, 1]])
    values = [1.0, 3.0, 1.0, -2.0]  # site 1 has a mean of 0.5 in the end
    _, recommended = best_seen(tried, lambda _, query: np.array([values[query]]))
    assert recommended.tolist() == [[0, 1, 1, 0]]
