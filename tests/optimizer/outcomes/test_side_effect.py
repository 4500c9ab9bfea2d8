"""Kinds of side effects and the limit on them."""

import pytest

from optimizer.errors import ProblemDefinitionError
from optimizer.outcomes.side_effect import COMMON_SIDE_EFFECTS, Nature, Tolerability


def test_the_defaults_are_those_of_the_design() -> None:
    tolerability = Tolerability()
    assert (tolerability.limit_grade, tolerability.severe_grade, tolerability.ceiling) == (4.0, 7.0, 0.05)


@pytest.mark.parametrize("grades", [(4.0, 4.0), (7.0, 4.0), (float("nan"), 7.0), (4.0, float("nan"))])
def test_a_severe_grade_lies_above_the_limit(grades: tuple[float, float]) -> None:
    with pytest.raises(ProblemDefinitionError, match="tolerability"):
        Tolerability(limit_grade=grades[0], severe_grade=grades[1])


@pytest.mark.parametrize("grade", [0.0, -1.0, 10.0, 11.0])
def test_the_limit_lies_inside_the_scale_of_grades(grade: float) -> None:
    with pytest.raises(ProblemDefinitionError, match=r"tolerability\.limit_grade"):
        Tolerability(limit_grade=grade, severe_grade=12.0)


@pytest.mark.parametrize("ceiling", [0.0, 1.0, -0.1, float("nan")])
def test_the_ceiling_is_a_probability(ceiling: float) -> None:
    with pytest.raises(ProblemDefinitionError, match=r"tolerability\.ceiling"):
        Tolerability(ceiling=ceiling)


def test_weakness_syncope_and_dyspnoea_stop_the_search_whatever_their_grade() -> None:
    stops = {effect.name for effect in COMMON_SIDE_EFFECTS if effect.nature is Nature.HARD_STOP}
    assert stops == {"weakness", "syncope", "dyspnoea"}
    assert len({effect.name for effect in COMMON_SIDE_EFFECTS}) == len(COMMON_SIDE_EFFECTS)
