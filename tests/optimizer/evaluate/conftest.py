"""A replay small enough to be counted by hand."""

import numpy as np
import pytest

from optimizer.evaluate.recorded_maps import RecordedMaps
from optimizer.evaluate.replay import Replay, replay_maps


@pytest.fixture(scope="session")
def small_maps() -> RecordedMaps:
    """Three animals on four sites."""
    sites = np.array([[1, 1], [2, 1], [3, 1], [4, 1]], dtype=np.int64)
    values = np.array([[0.0, 1.0, 4.0, 2.0], [1.0, 0.0, 3.0, 0.0], [5.0, 2.0, 0.0, 0.0]])
    return RecordedMaps(animals=("a", "b", "c"), values=values, sites=sites)


@pytest.fixture(scope="session")
def small(small_maps: RecordedMaps) -> Replay:
    """Two seeds, four queries."""
    return replay_maps(small_maps, n_seeds=2, n_queries=4)
