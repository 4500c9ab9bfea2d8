"""The picture of a course draws what is known and nothing else."""

import io

from optimizer.figures.course import TrialPoint, course_figure


def point(**known) -> TrialPoint:
    nothing = {
        "label": "level-4",
        "reported": (),
        "predicted": None,
        "worst_side_effect": None,
        "predicted_side_effect": None,
        "amplitude_ma": None,
    }
    return TrialPoint(**{**nothing, **known})


def test_reports_are_drawn_as_their_mean_per_trial():
    figure = course_figure(
        [point(reported=(4.0, 6.0)), point(reported=(3.0,))],
        outcome="pain",
        bounds=(0, 10),
        side_effect_limit=4.0,
    )
    (line,) = figure.axes[0].get_lines()
    assert list(line.get_ydata()) == [5.0, 3.0]
    assert figure.axes[0].get_ylabel() == "pain"


def test_a_trial_without_anything_known_is_still_a_figure():
    figure = course_figure([point()], outcome="pain", bounds=(0, 10), side_effect_limit=None)
    stream = io.BytesIO()
    figure.savefig(stream, format="png")
    assert stream.getvalue().startswith(b"\x89PNG")
    assert all(not axes.get_lines() for axes in figure.axes)


def test_the_limit_of_side_effects_is_drawn():
    figure = course_figure([point(amplitude_ma=4.0)], outcome="pain", bounds=(0, 10), side_effect_limit=4.0)
    assert [list(line.get_ydata()) for line in figure.axes[1].get_lines()] == [[4.0, 4.0]]


def test_an_amplitude_past_the_device_is_drawn_at_its_edge_and_said_so():
    amplitudes = (4.0, 1e308, -2.0, 25.0)
    figure = course_figure(
        [point(amplitude_ma=amplitude) for amplitude in amplitudes],
        outcome="pain",
        bounds=(0, 10),
        side_effect_limit=None,
        amplitude_range_ma=(0.0, 25.0),
    )
    axes = figure.axes[2]
    assert list(axes.get_lines()[0].get_ydata()) == [4.0, 25.0, 0.0, 25.0]
    assert [text.get_text() for text in axes.texts if "mA" in text.get_text()] == ["1e+308 mA", "-2 mA"]
    assert axes.get_legend_handles_labels()[1] == ["past the device's range, drawn at its edge"]
    figure.savefig(io.BytesIO(), format="png")
