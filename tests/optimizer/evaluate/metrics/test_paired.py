"""One policy less another, on whom both met."""

import pytest

from optimizer.evaluate.metrics.paired import differences
from tests.optimizer.evaluate.traces import trace


def test_a_difference_names_both_and_counts_common_patients() -> None:
    ours = [trace(n, [2.0] * 5, [5.0, 0.0, 0.0, 0.0, 0.0], 4.0, policy="ours/1") for n in range(3)]
    theirs = [trace(n, [1.0] * 5, [5.0, 5.0, 7.5, 0.0, 0.0], 4.0, policy="theirs/1") for n in range(2)]
    (found,) = differences([*ours, *theirs], "ours/1")
    assert (found.policy, found.less, found.n_patients) == ("ours/1", "theirs/1", 2)
    share = found.shares[5]
    assert share is not None
    assert (share.value, share.low, share.high) == pytest.approx((0.25, 0.25, 0.25))
    assert found.exposures is not None
    assert found.exposures.value == -2.0
    assert found.severe_exposures is not None
    assert found.severe_exposures.value == -1.0
    assert found.share_while_searching is not None
    assert found.share_while_searching.value == pytest.approx(0.125)


def test_there_is_nothing_to_compare_with_a_policy_that_met_nobody() -> None:
    assert differences([trace(0, [1.0] * 5, [0.0] * 5, 4.0)], "absent/1") == []
