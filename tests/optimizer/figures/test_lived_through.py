import pytest
from matplotlib.colors import to_hex

from optimizer.figures.lived_through import TOLERABLE, Lived, lived_through_figure
from optimizer.figures.palette import INTOLERABLE, SEVERE


def lived(grade: float) -> Lived:
    return Lived(relief_nrs=1.0, kept_relief_nrs=1.5, grade=grade)


@pytest.mark.parametrize(
    ("grade", "color"), [(4.0, TOLERABLE), (4.1, INTOLERABLE), (6.9, INTOLERABLE), (7.0, SEVERE)]
)
def test_a_bar_says_by_its_color_what_the_patient_could_bear(grade: float, color: str) -> None:
    figure = lived_through_figure([lived(grade)], best_relief_nrs=3.0, limit_grade=4.0, severe_grade=7.0)
    (bar,) = figure.axes[1].patches
    assert to_hex(bar.get_facecolor()) == color


def test_relief_stands_against_the_best_there_is() -> None:
    figure = lived_through_figure([lived(1.0)] * 3, best_relief_nrs=3.0, limit_grade=4.0, severe_grade=7.0)
    lines = {line.get_label(): list(line.get_ydata()) for line in figure.axes[0].lines}
    assert lines["best tolerable settings"] == [3.0, 3.0]
    assert lines["recommended so far"] == [1.5] * 3
    assert lines["tried"] == [1.0] * 3
