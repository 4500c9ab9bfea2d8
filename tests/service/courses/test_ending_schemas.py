from service.courses.ending_schemas import CourseEndView, EndReason, EndView, NewEnd


def test_the_example_is_an_end_and_the_view_of_it_says_what_a_course_says_of_it() -> None:
    (example,) = NewEnd.model_config["json_schema_extra"]["examples"]  # type: ignore[index,call-overload]
    assert NewEnd.model_validate(example).reason in EndReason
    assert set(CourseEndView.model_fields) < set(EndView.model_fields)
