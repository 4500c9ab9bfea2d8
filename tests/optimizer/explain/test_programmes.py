"""Where all day costs much, each posture's own programme is offered, and nothing beyond what may be programmed today."""

import numpy as np
import pytest

from optimizer import canonical
from optimizer.ask import Ask
from optimizer.decision import Programme, Proposal
from optimizer.history import History
from optimizer.problem import PostureUse, Problem
from optimizer.propose import propose
from optimizer.safety import limits
from optimizer.trial import Posture
from tests.optimizer.models.courses import START, asked, said, tonic

STANDING, LYING = Posture.STANDING, Posture.LYING
COURSE = (
    (5.0, STANDING, 8, 0),
    (5.0, LYING, 4, 2),
    (5.4, STANDING, 8, 0),
    (5.8, LYING, 4, 6),
    (5.8, STANDING, 7, 0),
    (6.2, STANDING, 5, 1),
    (6.8, STANDING, 2, 1),
    (6.8, STANDING, 2, 1),
    (5.0, LYING, 3, 2),
    (5.0, STANDING, 8, 0),
)  # fmt: skip
"""Current, posture, pain, discomfort: what helps standing is past what can be borne lying down."""


def told(problem: Problem, course: tuple[tuple[float, Posture, int, int], ...]) -> tuple[History, Ask]:
    history, ask = asked(
        problem,
        [{**START, "amplitude_ma": ma, "pain": pain, "discomfort": grade} for ma, _, pain, grade in course],
    )
    return said(history, *(posture for _, posture, _, _ in course)), ask


@pytest.fixture(scope="module")
def all_day() -> Problem:
    return tonic(postures=(PostureUse.ALL_DAY,), min_gain_nrs=0.0)


@pytest.fixture(scope="module")
def decision(all_day: Problem) -> Proposal:
    found = propose(all_day, *told(all_day, COURSE))
    assert isinstance(found, Proposal)
    return found


@pytest.fixture(scope="module")
def programmes(decision: Proposal) -> tuple[Programme, ...]:
    return decision.steps[0].explanation.programmes or ()


def test_standing_is_offered_the_relief_that_lying_down_forbids(programmes: tuple[Programme, ...]) -> None:
    by_use = {programme.use: programme for programme in programmes}
    assert set(by_use) == {"upright", "lying"}
    assert by_use["upright"].relief_nrs.mean > 1.0
    assert by_use["upright"].settings["amplitude_ma"] > by_use["lying"].settings["amplitude_ma"]  # type: ignore[operator]


def test_what_is_offered_may_be_programmed_today(all_day: Problem, programmes: tuple[Programme, ...]) -> None:
    history, ask = told(all_day, COURSE)
    points = np.array([programme.settings.indices for programme in programmes])
    assert limits.admissible(all_day, history, ask, points).all()
    assert all(programme.p_intolerable <= 0.05 for programme in programmes)


@pytest.mark.parametrize(
    ("problem", "course"),
    [
        (tonic(postures=(PostureUse.UPRIGHT,), min_gain_nrs=0.0), COURSE),
        (
            tonic(postures=(PostureUse.ALL_DAY,), min_gain_nrs=0.0),
            tuple(t for t in COURSE if t[1] is STANDING),
        ),
    ],
    ids=["settings for one posture", "lying down was never rated"],
)
def test_nothing_is_offered_and_nothing_is_written(
    problem: Problem, course: tuple[tuple[float, Posture, int, int], ...]
) -> None:
    history, ask = told(problem, course)
    decision = propose(problem, history, ask)
    assert b"programmes" not in canonical.encode(decision)


def test_an_offer_is_read_as_it_was_written(decision: Proposal) -> None:
    assert b"programmes" in canonical.encode(decision)
    assert canonical.decode(Proposal, canonical.encode(decision)) == decision
