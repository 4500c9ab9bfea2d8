import pytest
from pydantic import ValidationError

from service.outcomes.schemas import REPORT_EXAMPLE, NewReport, NewReports, NewTrial


def test_a_rating_is_a_number_not_a_word_or_a_truth() -> None:
    for value in ("4", True, float("nan"), [4]):
        with pytest.raises(ValidationError):
            NewReport.model_validate({**REPORT_EXAMPLE, "value": value})


def test_documented_examples_are_valid() -> None:
    for model in (NewTrial, NewReport, NewReports):
        for example in model.model_json_schema()["examples"]:
            model.model_validate(example)


def test_free_text_has_no_place() -> None:
    for field in ("kind", "zone"):
        with pytest.raises(ValidationError):
            NewReport.model_validate({**REPORT_EXAMPLE, field: "the patient said so"})
