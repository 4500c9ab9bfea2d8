from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from service.dependencies.wire import At, Body, Name, Values


class Sample(Body):
    number: float = 0.0
    at: At | None = None
    name: Name = "x"
    values: Values | None = None


@pytest.mark.parametrize(
    "stated",
    [
        {"number": "1"},
        {"number": True},
        {"number": float("nan")},
        {"number": float("inf")},
        {"unknown": 1},
        {"at": 0},
        {"at": "2026-11-21T10:00:00"},
        {"at": "yesterday"},
        {"name": "free text"},
        {"name": "a\x00"},
        {"values": {}},
        {"values": {"amplitude_ma": None}},
        {"values": {"amplitude_ma": True}},
    ],
)
def test_nothing_is_coerced(stated: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Sample.model_validate(stated)


def test_what_is_documented_is_accepted() -> None:
    found = Sample.model_validate(
        {"number": 1, "at": "2026-11-21T10:00:00+01:00", "values": {"a": 1, "b": "c"}}
    )
    assert found.at == datetime(2026, 11, 21, 9, tzinfo=UTC)
    assert found.values == {"a": 1, "b": "c"}
