import pytest

from optimizer.figures.exposures import Exposed, Measured, Traded, exposures_figure, tradeoff_figure


def measured(value: float) -> Measured:
    return Measured(value=value, low=value - 0.1, high=value + 0.3)


def test_every_policy_has_a_bar_above_the_limit_and_one_of_severe_trials() -> None:
    policies = [
        Exposed(label="ours", above=measured(0.5), severe=measured(0.1)),
        Exposed(label="other", above=measured(7.0), severe=measured(2.0)),
    ]
    (axes,) = exposures_figure(policies, title="t").axes
    assert [text.get_text() for text in axes.get_yticklabels()] == ["ours", "other"]
    assert [bar.get_width() for bar in axes.patches] == [0.5, 7.0, 0.1, 2.0]
    arms = [path.vertices[:, 0].tolist() for group in axes.collections for path in group.get_paths()]
    assert arms == [pytest.approx([v - 0.1, v + 0.3]) for v in (0.5, 7.0, 0.1, 2.0)]
    assert axes.get_ylim()[0] > axes.get_ylim()[1], "the first policy stands at the top"


def test_worth_stands_over_exposures() -> None:
    policies = [
        Traded(label="ours", exposures=measured(0.5), worth=measured(0.7)),
        Traded(label="other", exposures=measured(7.0), worth=measured(0.6)),
    ]
    figure = tradeoff_figure(policies, title="t", worth="share")
    (axes,) = figure.axes
    points = [line.get_xydata()[0].tolist() for line in axes.lines if line.get_marker() != "None"]
    assert points[:2] == [[0.5, 0.7], [7.0, 0.6]]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["ours", "other"]
    assert axes.get_ylabel() == "share"
