import pytest
from pydantic import ValidationError

from service.patients.stop_schemas import NewRelease, NewStop


def test_a_stop_has_a_coded_reason_and_a_name_under_it() -> None:
    for body in ({"reason": "because", "signed_by": "A"}, {"reason": "software_fault"}, {"signed_by": "A"}):
        with pytest.raises(ValidationError):
            NewStop.model_validate(body)
    with pytest.raises(ValidationError):
        NewRelease.model_validate({"reason": "software_fault", "signed_by": "A"})
