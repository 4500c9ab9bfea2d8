import pytest

from optimizer.evaluate.metrics.summary import summarise
from optimizer.evaluate.report.comparison import compared
from optimizer.evaluate.report.markdown import markdown
from optimizer.evaluate.report.pictures import figures, learning_curves, svg
from optimizer.evaluate.trace import Rated
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


def test_who_met_fewer_patients_says_so() -> None:
    runs = [trace(n, [1.0] * 5, [0.0] * 5, 4.0, policy="safe_bo/1") for n in range(3)]
    slow = trace(0, [1.0] * 5, [0.0] * 5, 4.0, policy="bofire/1")
    curves = learning_curves(compared([*runs, slow], command="x"))
    assert [curve.label for curve in curves] == ["Titrate", "BoFire (n = 1)"]


def test_a_figure_without_anything_to_show_is_not_drawn() -> None:
    found = compared([trace(0, [1.0] * 5, [0.0] * 5, 4.0)], command="x")
    assert set(figures(found)) == {"learning", "tradeoff", "exposures", "latency"}


def test_of_patients_whom_nothing_helps_only_what_they_bore_is_drawn() -> None:
    found = compared([trace(0, [0.0] * 5, [0.0] * 5, 0.0)], command="x")
    assert set(figures(found)) == {"exposures", "latency"}
    assert f"({found.stem}-exposures.png)" in markdown(found)
    assert f"({found.stem}-learning.png)" not in markdown(found)


def test_predictions_are_drawn_where_there_are_any() -> None:
    flat = (1 / 11,) * 11
    rated = tuple(Rated(trial=t, rating=5.0, probabilities=flat if t else ()) for t in range(5))
    found = compared([trace(0, [1.0] * 5, [0.0] * 5, 4.0, rated=rated)], command="x")
    (histogram, _) = figures(found)["calibration"].axes
    assert histogram.get_title(loc="left") == "4 ratings"


def test_the_same_figure_is_the_same_bytes() -> None:
    found = compared([trace(0, [1.0] * 5, [0.0] * 5, 4.0)], command="x")
    assert svg(figures(found)["latency"]) == svg(figures(found)["latency"])
