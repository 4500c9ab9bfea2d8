from io import BytesIO

import numpy as np
import pytest

from optimizer.figures.surface import Axis, Surface, Tried, surface_figure


def surface(**changes: object) -> Surface:
    x = Axis(label="amplitude, mA", values=(1.0, 2.0, 3.0, 4.0))
    y = Axis(label="pulse width, µs", values=(100.0, 200.0, 300.0))
    relief = np.add.outer(np.arange(3.0), np.arange(4.0))
    fields = {
        "x": x,
        "y": y,
        "relief_nrs": relief,
        "half_width_nrs": np.ones((3, 4)),
        "safe": relief < 4,
        "tried": (
            Tried(number=1, x=1.0, y=100.0, on_slice=True),
            Tried(number=2, x=2.0, y=200.0, on_slice=False),
        ),
        "kept": (1.0, 100.0),
    }
    return Surface(**(fields | changes))


def panels(of: Surface) -> list:
    return [axes for axes in surface_figure(of).axes if axes.get_title()]


def test_belief_and_uncertainty_stand_side_by_side_and_the_truth_only_where_known() -> None:
    assert panels(surface())[0].get_title() == "expected relief"
    assert len(panels(surface())) == 2
    assert panels(surface(true_relief_nrs=np.zeros((3, 4))))[-1].get_title() == "the truth"


def test_equal_colors_mean_equal_relief_in_belief_and_truth() -> None:
    first, _, last = panels(surface(true_relief_nrs=np.full((3, 4), 9.0)))
    assert first.collections[0].get_clim() == last.collections[0].get_clim() == (0.0, 9.0)


def test_trials_on_the_slice_carry_their_number_and_others_do_not() -> None:
    assert [text.get_text() for text in panels(surface())[0].texts] == ["1"]


@pytest.mark.parametrize("safe", [np.ones((3, 4), bool), np.zeros((3, 4), bool)])
def test_a_slice_all_safe_or_all_unsafe_can_be_drawn(safe: np.ndarray) -> None:
    png = BytesIO()
    surface_figure(surface(safe=safe)).savefig(png, format="png")
    assert png.getvalue().startswith(b"\x89PNG")
