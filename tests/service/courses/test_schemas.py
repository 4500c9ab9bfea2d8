import pytest
from pydantic import ValidationError

from service.courses.schemas import NEW_COURSE_EXAMPLE, NewCourse, NewReview
from tests.service.live import Clinic


def test_the_documented_example_opens_a_course(clinic: Clinic) -> None:
    patient = clinic.made("/patients", {"pseudonym": "P-1"})
    clinic.made("/courses", NEW_COURSE_EXAMPLE | {"patient_id": patient["id"]})


@pytest.mark.parametrize("field", ["patient_id", "device", "start"])
def test_what_is_due_has_no_default(field: str) -> None:
    stated = {name: value for name, value in NEW_COURSE_EXAMPLE.items() if name != field}
    with pytest.raises(ValidationError, match=field):
        NewCourse.model_validate(stated)


def test_a_review_reads_its_codes_from_text() -> None:
    found = NewReview.model_validate(
        {
            "subject": "closure",
            "subject_id": "01938b3e-5f0c-7d2a-9c41-7f1f5f0a8a44",
            "reason": "cause_resolved",
        }
    )
    assert (found.subject, found.reason) == ("closure", "cause_resolved")
