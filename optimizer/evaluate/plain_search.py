"""The plainest searches of a list of sites: any site at any time, and every site in turn. Yardsticks."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
Observe = Callable[[Indices, int], Array]
"""Sites tried by each run, ``(r,)``, and the query number, to what was observed, ``(r,)``."""


def any_site(first: Indices, rngs: Sequence[np.random.Generator], n_sites: int, n_queries: int) -> Indices:
    """Return any site at any query after the first, ``(r, n)``."""
    rest = [rng.integers(n_sites, size=n_queries - 1) for rng in rngs]
    return np.concatenate([first[:, None], np.array(rest).reshape(len(first), -1)], axis=1)


def every_site(first: Indices, rngs: Sequence[np.random.Generator], n_sites: int, n_queries: int) -> Indices:
    """Return every site once in random order, then again, ``(r, n)``."""
    orders = []
    for site, rng in zip(first, rngs, strict=True):
        order = rng.permutation(n_sites)
        once = np.concatenate([[site], order[order != site]])
        orders.append(np.resize(once, n_queries))
    return np.array(orders)


def best_seen(tried: Indices, observe: Observe) -> tuple[Indices, Indices]:
    """Recommend the tried site with the highest mean observation, the earlier on a tie."""
    n_runs, n_queries = tried.shape
    seen = np.stack([observe(tried[:, query], query) for query in range(n_queries)], axis=1)
    recommended = np.empty_like(tried)
    for run in range(n_runs):
        for query in range(n_queries):
            so_far, values = tried[run, : query + 1], seen[run, : query + 1]
            means = [values[so_far == site].mean() for site in so_far]
            recommended[run, query] = so_far[int(np.argmax(means))]
    return tried, recommended
