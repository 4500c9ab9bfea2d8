import pytest

from optimizer.evaluate.metrics.summary import summarise
from optimizer.evaluate.report.comparison import compared
from optimizer.evaluate.report.curves import learning_curves
from tests.optimizer.evaluate.traces import trace


def test_a_curve_passes_through_the_shares_of_the_table() -> None:
    runs = [trace(n, [1.0, 1.2, 1.4, 1.8, 2.0 + n], [0.0] * 5, 4.0) for n in range(4)]
    (curve,) = learning_curves(compared(runs, command="x"))
    share = summarise(runs)[0].shares[5]
    assert share is not None
    assert curve.trials == (1, 2, 3, 4, 5)
    assert (curve.mean[-1], curve.low[-1], curve.high[-1]) == pytest.approx(
        (share.value, share.low, share.high)
    )


def test_where_nobody_has_a_point_to_gain_curves_are_in_points() -> None:
    (curve,) = learning_curves(compared([trace(0, [0.2] * 5, [0.0] * 5, 0.4)], command="x"))
    assert curve.mean == pytest.approx((0.2,) * 5)
