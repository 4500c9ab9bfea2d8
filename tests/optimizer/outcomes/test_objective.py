"""The only place a sign is flipped."""

import pytest

from optimizer.errors import ProblemDefinitionError
from optimizer.outcomes.objective import Objective
from optimizer.outcomes.scale import PAIN_NRS, OutcomeScale

RESPONSE = OutcomeScale(name="response", low=0, high=1, whole=False, larger_is_better=True)


def test_less_pain_is_more_relief() -> None:
    objective = Objective()
    assert objective.relief(3.0, PAIN_NRS) > objective.relief(5.0, PAIN_NRS)
    assert objective.relief(3.0, PAIN_NRS) - objective.relief(5.0, PAIN_NRS) == 2.0


def test_a_larger_response_is_better_where_the_scale_says_so() -> None:
    assert Objective().relief(0.9, RESPONSE) > Objective().relief(0.2, RESPONSE)


@pytest.mark.parametrize("scale", [PAIN_NRS, RESPONSE])
def test_outcome_undoes_relief(scale: OutcomeScale) -> None:
    assert Objective().outcome(Objective().relief(0.7, scale), scale) == 0.7


@pytest.mark.parametrize("field", ["bother_weight", "near_tie_nrs"])
@pytest.mark.parametrize("value", [-0.1, float("nan"), float("inf")])
def test_a_weight_is_finite_and_not_negative(field: str, value: float) -> None:
    with pytest.raises(ProblemDefinitionError, match=f"objective.{field}"):
        Objective(**{field: value})
