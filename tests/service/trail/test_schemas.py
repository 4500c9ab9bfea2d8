"""A line of the trail says who, what and when; what was said in a request has no field to stand in."""

from service.audit.tables import AccessRow, AuditRow
from service.trail.schemas import LineView, Of


def test_every_field_is_a_column_of_both_trails() -> None:
    fields = set(LineView.model_fields)
    for table in (AuditRow, AccessRow):
        assert fields <= set(table.__table__.columns.keys())


def test_no_field_could_hold_what_was_said() -> None:
    assert set(LineView.model_fields) == {
        *("sequence", "at", "principal", "credential"),
        *("method", "route", "request_id", "status"),
    }


def test_the_documented_example_is_a_line() -> None:
    (example,) = LineView.model_json_schema()["examples"]
    assert LineView.model_validate(example).model_dump(mode="json") == example


def test_there_are_two_trails() -> None:
    assert [of.value for of in Of] == ["writes", "access"]
