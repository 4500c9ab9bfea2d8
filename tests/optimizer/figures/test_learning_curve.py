import numpy as np
import pytest
from matplotlib.collections import LineCollection

from optimizer.figures.learning_curve import Curve, learning_curve_figure


def curve(label: str, level: float) -> Curve:
    trials = (1, 2, 4)
    return Curve(
        label=label,
        trials=trials,
        mean=tuple(level for _ in trials),
        low=tuple(level - 0.1 for _ in trials),
        high=tuple(level + 0.2 for _ in trials),
    )


def test_every_policy_has_its_line_its_interval_and_its_name() -> None:
    figure = learning_curve_figure([curve("ours", 0.9), curve("random", 0.4)], title="t", value="share")
    (axes,) = figure.axes
    assert [text.get_text() for text in axes.texts] == ["ours", "random"]
    assert [line.get_ydata().tolist() for line in axes.lines] == [[0.9] * 3, [0.4] * 3]
    for band, level in zip(axes.collections, (0.9, 0.4), strict=True):
        heights = band.get_paths()[0].vertices[:, 1]
        assert np.allclose([heights.min(), heights.max()], [level - 0.1, level + 0.2])


def test_the_first_policy_is_drawn_strongest_and_on_top() -> None:
    ours, other = learning_curve_figure([curve("a", 0.9), curve("b", 0.9)], title="", value="").axes[0].lines
    assert ours.get_linewidth() > other.get_linewidth()
    assert ours.get_zorder() > other.get_zorder()


def test_a_level_to_compare_with_is_named() -> None:
    figure = learning_curve_figure(
        [curve("a", 0.5)], title="", value="", reached=1.0, reached_label="best there is"
    )
    assert "best there is" in [text.get_text() for text in figure.axes[0].texts]


def test_what_is_counted_is_named() -> None:
    panels = [
        learning_curve_figure([], title="", value="").axes[0],
        learning_curve_figure([], title="", value="", along="query").axes[0],
    ]
    assert [axes.get_xlabel() for axes in panels] == ["trial", "query"]


def test_names_stand_apart_where_curves_end_together() -> None:
    curves = [curve(name, 0.5) for name in "abc"]
    axes = learning_curve_figure(curves, title="", value="").axes[0]
    heights = sorted(text.xy[1] for text in axes.texts)
    bottom, top = axes.get_ylim()
    assert min(np.diff(heights)) >= 0.04 * (top - bottom)
    assert np.mean(heights) == pytest.approx(0.5)


def test_of_many_curves_the_first_two_have_bands_and_all_others_a_bar_at_their_end() -> None:
    curves = [curve(f"policy {n}", n / 10) for n in range(8)]
    axes = learning_curve_figure(curves, title="", value="").axes[0]
    bars = [entry for entry in axes.collections if isinstance(entry, LineCollection)]
    assert len(axes.collections) == 8
    ends = [bar.get_segments()[0][:, 1].tolist() for bar in bars]
    assert axes.get_xticks().max() == 4, "bars stand beyond the last trial, ticks do not"
    assert ends == [pytest.approx([n / 10 - 0.1, n / 10 + 0.2]) for n in range(2, 8)]
