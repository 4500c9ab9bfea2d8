"""What differs from the settings in force."""

from dataclasses import replace

from optimizer.explain.changes import changes
from tests.optimizer.models.courses import ROWS, START, asked, tonic


def test_changes_name_exactly_what_differs() -> None:
    problem = tonic()
    _, ask = asked(problem, ROWS[:1])
    after = problem.space.settings({**START, "amplitude_ma": 5.5, "configuration": "level-4"})
    found = {change.parameter: (change.before, change.after) for change in changes(problem, ask, after)}
    assert found == {"amplitude_ma": (5.0, 5.5), "configuration": ("level-3", "level-4")}


def test_the_last_bits_of_a_number_are_no_change() -> None:
    problem = tonic()
    _, ask = asked(problem, ROWS[:1])
    nearly = {**ask.in_force.values, "amplitude_ma": 5.0 + 1e-9}
    asked_so = replace(ask, in_force=replace(ask.in_force, values=nearly))
    assert changes(problem, asked_so, problem.space.settings({**START, "configuration": "level-3"})) == ()
