"""What is wrong with the shape of a request, said from the documented shape alone: never from the value that came."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from optimizer.space.device import device_names, load_device
from service.dependencies.wire import FIRST_YEAR, LAST_YEAR

REMEDY = "Compare with the example of this route at /docs."
_PROBLEMS = {
    "missing": "is missing",
    "extra_forbidden": "is not a documented field",
    "unknown_parameter": "is not a documented parameter of this route",
    "float_type": "is not a number",
    "int_type": "is not a whole number",
    "int_parsing": "is not a whole number",
    "bool_type": "is not true or false",
    "string_type": "is not text",
    "list_type": "is not a list",
    "dict_type": "is not an object",
    "model_type": "is not an object",
    "model_attributes_type": "is not a JSON object sent as application/json",
    "enum": "is not one of the documented codes",
    "literal_error": "is not one of the documented codes",
    "timezone_aware": "has no offset from UTC",
    "value_error": "is not an instant",
    "iana_zone": "is not an IANA zone",
    "string_pattern_mismatch": "is not a code or name as documented",
    "string_too_short": "is too short",
    "string_too_long": "is too long",
    "too_short": "has too few entries",
    "too_long": "has too many entries",
    "greater_than": "is too small",
    "greater_than_equal": "is too small",
    "less_than": "is too large",
    "less_than_equal": "is too large",
}
_INSTANT = f"RFC 3339 text with an offset, in the years {FIRST_YEAR} to {LAST_YEAR}"
_LIMITS = {
    "timezone_aware": _INSTANT,
    "value_error": _INSTANT,
    "iana_zone": "a name of the tz database, for example Europe/Berlin",
}
_BOUNDS = {
    "expected": "",
    "pattern": "",
    "gt": "above ",
    "ge": "at least ",
    "lt": "below ",
    "le": "at most ",
    "min_length": "at least ",
    "max_length": "at most ",
}
"""What Pydantic tells of the documented shape; whatever else it tells may quote the value and is not read."""
UNDOCUMENTED = "(undocumented)"
MOST_FINDINGS = 100
"""So many are told: more help nobody, and would make the answer many times as long as the request."""
_BRANCHES = {"float", "constrained-str", "[key]"}
"""Names that Pydantic gives to the arms of a union and to a key; they are no part of the path."""


def documented_names(document: Mapping[str, Any]) -> frozenset[str]:
    """Return every name an OpenAPI document gives to a field or parameter, and those of the shipped devices' parameters."""
    found = {"body", "query", "path", "header"}
    for schema in document["components"]["schemas"].values():
        found.update(schema.get("properties", ()))
    for entry in document["paths"].values():
        for operation in entry.values():
            found.update(parameter["name"] for parameter in operation.get("parameters", ()))
    return frozenset(found | parameter_names())


@cache
def parameter_names() -> frozenset[str]:
    """Return the names of the shipped devices' parameters."""
    devices = map(load_device, device_names())
    return frozenset(parameter.name for device in devices for parameter in device.space.parameters)


def findings(errors: Sequence[Mapping[str, Any]], names: frozenset[str]) -> list[dict[str, str]]:
    """Return field, code, problem and (where there is one) limit of each finding of Pydantic.

    Args:
        errors: What ``errors()`` of a validation error gives.
        names: What a path may say; whatever else stands there was made up by the caller.

    Returns:
        Plain entries for ``errors`` of a problem document, the first hundred.
    """
    return [_finding(entry, names) for entry in errors[:MOST_FINDINGS]]


def detail(found: Sequence[Mapping[str, str]]) -> str:
    """Return one sentence about the first finding, how many more there are, and what to do next."""
    if not found:
        return f"The request is not of the documented shape. {REMEDY}"
    first = found[0]
    bound = f" (limit: {first['limit']})" if "limit" in first else ""
    more = f" {len(found) - 1} more in errors." if len(found) > 1 else ""
    return f"{first['field']}: {first['problem']}{bound}.{more} {REMEDY}"


def _finding(entry: Mapping[str, Any], names: frozenset[str]) -> dict[str, str]:
    code = str(entry["type"])
    context = entry.get("ctx") or {}
    bounds = [f"{words}{context[name]}" for name, words in _BOUNDS.items() if name in context]
    limit = _LIMITS.get(code) or ", ".join(bounds)
    problem = _PROBLEMS.get(code, "is not of the documented shape")
    return {"field": _path(entry["loc"], names), "code": code, "problem": problem} | (
        {"limit": limit} if limit else {}
    )


def _path(location: Sequence[int | str], names: frozenset[str]) -> str:
    """Return where a finding stands; a name that is not documented may be anything, so it is not repeated."""
    parts = [part for part in location if part not in _BRANCHES]
    return ".".join(str(part) if isinstance(part, int) or part in names else UNDOCUMENTED for part in parts)
