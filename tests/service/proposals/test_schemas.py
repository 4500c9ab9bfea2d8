import pytest
from pydantic import ValidationError

from service.proposals.schemas import NewAsk, NewDecision


def test_documented_examples_are_valid() -> None:
    for model in (NewAsk, NewDecision):
        for example in model.model_json_schema()["examples"]:
            model.model_validate(example)


@pytest.mark.parametrize(
    "stated",
    [{"patient_range_ma": [1]}, {"patient_range_ma": [1, 2, 3]}, {"q": True}, {"posture": "upside_down"}],
)
def test_a_question_of_another_shape_is_refused(stated: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        NewAsk.model_validate(stated)
