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


def test_whose_relief_and_against_what_is_said_beside_the_colours() -> None:
    labels = [axes.get_xlabel() for axes in surface_figure(surface()).axes]
    assert "relief against the start, points (0-10 scale)" in labels


def test_the_legend_speaks_of_the_truth_only_where_it_is_drawn() -> None:
    known = surface(true_relief_nrs=np.zeros((3, 4)))
    said = [surface_figure(s).legends[0].texts[0].get_text() for s in (surface(), known)]
    assert said == ["not held safe", "not held safe (in the truth: not tolerable)"]


def test_what_is_not_held_safe_is_hatched_to_the_rim_of_its_cells() -> None:
    """A coarse grid: the cell of 400 reaches from 250 to 550, and that of 4 mA to 4.5."""
    rates = Axis(label="rate, Hz", values=(50.0, 100.0, 400.0))
    safe = np.ones((3, 4), dtype=bool)
    safe[2, 3] = False
    hatched = panels(surface(y=rates, safe=safe))[0].collections[1]
    corners = np.concatenate([path.vertices for path in hatched.get_paths()])
    assert corners.min(axis=0).tolist() == [3.5, 250.0]
    assert corners.max(axis=0).tolist() == [4.5, 550.0]


def test_trials_on_the_slice_carry_their_number_and_others_do_not() -> None:
    assert [text.get_text() for text in panels(surface())[0].texts] == ["1"]


@pytest.mark.parametrize("safe", [np.ones((3, 4), bool), np.zeros((3, 4), bool)])
def test_a_slice_all_safe_or_all_unsafe_can_be_drawn(safe: np.ndarray) -> None:
    png = BytesIO()
    surface_figure(surface(safe=safe)).savefig(png, format="png")
    assert png.getvalue().startswith(b"\x89PNG")
