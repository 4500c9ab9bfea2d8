import pytest
from pydantic import ValidationError

from service.patients.schemas import NewPatient


@pytest.mark.parametrize("text", ["", "Jane Doe", "a" * 65, "-x", "jane@example.org", "x\n"])
def test_what_looks_like_a_name_or_text_is_no_pseudonym(text: str) -> None:
    with pytest.raises(ValidationError):
        NewPatient(pseudonym=text)


def test_a_code_is() -> None:
    assert NewPatient(pseudonym="SCS-0017").pseudonym == "SCS-0017"
