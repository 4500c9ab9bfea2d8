"""What all bodies share: strict types, no unknown fields, instants with a zone. What the code says of a field, /docs says."""

from datetime import datetime
from functools import cache
from typing import Annotated, Any
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

FIRST_YEAR, LAST_YEAR = 1971, 2200
"""What an instant may name: MLflow knows none before 1970 in UTC, and none exists at the ends of the calendar."""


class Body(BaseModel):
    """A request: strict, closed, finite. Nothing is coerced."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


class View(BaseModel):
    """An answer, as documented."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


def _text_with_zone(value: Any) -> datetime:
    if not isinstance(value, str):
        raise ValueError("an instant is text")  # noqa: TRY004 - Pydantic reports ValueErrors
    at = datetime.fromisoformat(value)
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise ValueError("an instant lies outside the calendar of the record")
    return at


At = Annotated[
    AwareDatetime, BeforeValidator(_text_with_zone), WithJsonSchema({"type": "string", "format": "date-time"})
]
"""RFC 3339 text with an offset, in a year the record can reckon with."""


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _zone(name: str) -> str:
    # a machine without the data knows none: then nothing is held against it
    if _zones() and name not in _zones():
        raise PydanticCustomError("iana_zone", "is no IANA zone")
    return name


IdText = Annotated[str, Field(min_length=36, max_length=36, pattern=r"^[0-9a-f-]+$")]
Name = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
"""A code or name: never free text."""
PrintedName = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\W\d_][\w .,'\u2019-]*$")]
"""Name of a person who signs; letters, digits, spaces and the marks names have."""
Zone = Annotated[
    str, Field(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9_+/-]+$"), AfterValidator(_zone)
]
"""An IANA zone this machine knows."""
RawValue = float | Name
Values = Annotated[dict[Name, RawValue], Field(min_length=1, max_length=32)]
"""Parameter name -> value in the parameter's unit, or the name of a category."""
