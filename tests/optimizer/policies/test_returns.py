"""When a course goes back to where it started."""

from dataclasses import replace

import pytest

from optimizer.errors import ProblemDefinitionError
from optimizer.policies.returns import due
from optimizer.trial import TrialKind
from tests.optimizer.models.courses import START, asked, tonic

STRONGER = {**START, "amplitude_ma": 4.3, "pain": 5}
ELSEWHERE = {**START, "amplitude_ma": 4.4, "pain": 5}
RATED = {**START, "pain": 6}


@pytest.mark.parametrize(
    ("rows", "is_due"),
    [
        ([RATED], False),
        ([RATED, STRONGER], False),
        ([RATED, STRONGER, ELSEWHERE], True),
        ([RATED, STRONGER, {**ELSEWHERE, "pain": None}], True),
        ([RATED, STRONGER, ELSEWHERE, RATED], False),
        ([RATED, STRONGER, ELSEWHERE, RATED, STRONGER], False),
    ],
    ids=["at the start", "one away", "two away", "one of them not rated", "back", "one away again"],
)
def test_a_return_is_due_after_as_many_trials_elsewhere_as_declared(
    rows: list[dict[str, object]], is_due: bool
) -> None:
    problem = tonic(return_every=2)
    history, _ = asked(problem, rows)
    start = history.trials[0].applied.settings
    assert start is not None
    assert due(problem, history, start) is is_due
    assert not due(tonic(), history, start), "a course that declares none never returns by itself"


def test_a_reference_a_clinician_chose_is_a_return_as_well() -> None:
    problem = tonic(return_every=2)
    history, _ = asked(problem, [RATED, STRONGER, ELSEWHERE])
    start = history.trials[0].applied.settings
    assert start is not None
    latest = replace(history.trials[-1], kind=TrialKind.REFERENCE)
    assert not due(problem, replace(history, trials=(*history.trials[:-1], latest)), start)


def test_a_course_cannot_return_without_having_been_away() -> None:
    with pytest.raises(ProblemDefinitionError, match="return_every"):
        tonic(return_every=0)
