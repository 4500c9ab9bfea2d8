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
