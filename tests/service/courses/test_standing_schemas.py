import pytest
from pydantic import ValidationError

from service.courses.standing_schemas import NewCheck, NewConfirmation


@pytest.mark.parametrize("name", ["", "7", "a\nb", "<b>", "x" * 101])
def test_a_signature_is_a_printed_name(name: str) -> None:
    with pytest.raises(ValidationError):
        NewConfirmation(signed_by=name)


def test_names_of_people_are_taken_as_they_are_written() -> None:
    for name in ("Dr. José Ñandú-O'Neill", "Łukasz Żak, MD", "李 小龙"):
        assert NewConfirmation(signed_by=name).signed_by == name


def test_an_impedance_is_positive() -> None:
    with pytest.raises(ValidationError):
        NewCheck.model_validate({"check": "impedance", "outcome": "passed", "impedance_ohm": 0})
