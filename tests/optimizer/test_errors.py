"""One family, stable codes, messages without the value; every code has its section in docs/errors.md."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from optimizer import errors
from optimizer.errors import OffGridError, OptimizerError
from service.errors import ServiceError
from service.http_status import STATUS

SERVICE = ("service.errors", "service.command_errors")
PAGE = Path(__file__).resolve().parents[2] / "docs" / "errors.md"


def family(root: type[Exception]) -> Iterator[type[Exception]]:
    yield root
    for kind in root.__subclasses__():
        yield from family(kind)


OURS = [kind for kind in family(OptimizerError) if kind.__module__ == "optimizer.errors"]


def sections() -> dict[str, str]:
    found = re.split(r"^#+ `(.+)`$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(found[1::2], found[2::2], strict=True))


def test_codes_are_distinct_and_stable_in_form() -> None:
    codes = [kind.__dict__["code"] for kind in OURS]
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", code) for code in codes)


def test_the_tree_in_the_docstring_is_the_tree_of_the_code() -> None:
    drawn = {
        line.split()[0]: len(line) - len(line.lstrip())
        for line in (errors.__doc__ or "").splitlines()
        if re.match(r"^ +[A-Z]\w+Error", line)
    }
    assert set(drawn) == {kind.__name__ for kind in OURS}
    assert {kind.__name__: 4 + 2 * (len(kind.__mro__) - 4) for kind in OURS} == drawn | {
        "OptimizerError": drawn["OptimizerError"]
    }


def test_every_code_has_a_section_that_says_something() -> None:
    codes = {kind.code for kind in family(OptimizerError) if kind.__module__ == "optimizer.errors"}  # type: ignore[attr-defined]
    codes |= {kind.code for kind in family(ServiceError) if kind.__module__ in SERVICE}  # type: ignore[attr-defined]
    codes |= set(STATUS)
    written = sections()
    assert codes - set(written) == set()
    assert set(written) - codes == set()
    assert all(len(text.split()) >= 8 for text in written.values())


def test_a_message_names_field_problem_limit_and_remedy() -> None:
    error = OffGridError(
        "amplitude_ma", "is not on the device grid", limit="0 to 10 mA", remedy="Choose one."
    )
    assert str(error) == "amplitude_ma: is not on the device grid (limit: 0 to 10 mA). Choose one."
    assert (error.field, error.problem, error.limit, error.remedy) == (
        "amplitude_ma",
        "is not on the device grid",
        "0 to 10 mA",
        "Choose one.",
    )


@pytest.mark.parametrize("kind", OURS)
def test_a_message_is_complete_without_limit_and_remedy(kind: type[OptimizerError]) -> None:
    assert str(kind("field", "is wrong")) == "field: is wrong."
