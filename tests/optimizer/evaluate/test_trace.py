"""A run is kept as one line of JSON and read back as it was."""

import msgspec

from optimizer.decision import Interval
from optimizer.evaluate.trace import Rated, Trace
from tests.optimizer.evaluate.traces import trace


def test_a_line_of_results_is_read_back_exactly() -> None:
    run = trace(
        3,
        [0.1, 1 / 3],
        [0.0, 4.1],
        2.5,
        claims=(None, Interval(mean=0.1, low=-1 / 3, high=0.7)),
        rated=(Rated(trial=0, rating=7.0), Rated(trial=1, rating=5.0, probabilities=(0.1, 0.2, 0.7))),
        failure="ValueError",
    )
    assert msgspec.json.decode(msgspec.json.encode(run), type=Trace) == run
