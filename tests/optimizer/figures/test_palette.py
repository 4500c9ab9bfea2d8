import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.figures.palette import look, spread


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20), st.floats(0.01, 0.2))
def test_labels_keep_their_order_and_a_gap(heights: list[float], gap: float) -> None:
    placed = np.array(spread(heights, gap))
    order = np.argsort(heights, kind="stable")
    assert (np.diff(placed[order]) >= gap - 1e-9).all()


def test_labels_that_do_not_touch_stay_where_they_belong() -> None:
    assert spread([0.9, 0.1, 0.5], 0.1) == [0.9, 0.1, 0.5]


def test_labels_that_touch_share_their_middle() -> None:
    assert spread([0.5, 0.5, 0.9], 0.1) == pytest.approx([0.45, 0.55, 0.9])


def test_sixteen_things_can_be_told_apart_and_the_first_stands_out() -> None:
    looks = [look(n) for n in range(16)]
    # curves have lines, points have markers
    assert (
        len({(seen.color, seen.style) for seen in looks})
        == len({(seen.color, seen.marker) for seen in looks})
        == 16
    )
    assert look(0).width > look(1).width
    assert look(0).layer > look(1).layer
