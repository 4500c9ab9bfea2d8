"""The canonical JSON: RFC 8785 bytes, exact round trips, nothing dropped, nothing echoed."""

import json
import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer import canonical
from optimizer.errors import MalformedDocumentError, ParameterDefinitionError
from optimizer.space.parameter import Parameter, uniform
from tests.strategies.histories import asks, histories
from tests.strategies.problems import problems

VECTORS = ("arrays", "french", "structures", "unicode", "values", "weird")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    number: float
    at: datetime | None = None
    names: dict[str, float] = field(default_factory=dict)


@pytest.mark.parametrize("name", VECTORS)
def test_writes_the_bytes_of_the_rfc_8785_vectors(conformance_folder: Path, name: str) -> None:
    folder = conformance_folder / "jcs"
    value = json.loads((folder / "input" / f"{name}.json").read_text(encoding="utf-8"))
    expected = bytes.fromhex((folder / "outhex" / f"{name}.txt").read_text(encoding="ascii"))
    document = canonical.encode(value)
    kind = type(value).__name__
    assert document == b'{"content":' + expected + f',"format":"titrate.{kind}","version":1}}'.encode()


@given(number=st.floats(allow_nan=False, allow_infinity=False))
def test_floats_come_back_to_the_last_bit(number: float) -> None:
    back = canonical.decode(Sample, canonical.encode(Sample(number=number)))
    assert back.number == number
    assert canonical.encode(back) == canonical.encode(Sample(number=number))


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_refuses_what_json_cannot_say(number: float) -> None:
    # msgspec writes NaN as null, which a float field then refuses: never a silent zero
    with pytest.raises(MalformedDocumentError):
        canonical.decode(Sample, canonical.encode(Sample(number=number)))


def test_refuses_a_field_it_does_not_know_rather_than_dropping_it() -> None:
    document = json.loads(canonical.encode(Sample(number=1.0)))
    document["content"]["added"] = 1
    with pytest.raises(MalformedDocumentError, match="this version"):
        canonical.decode(Sample, json.dumps(document))


@pytest.mark.parametrize(
    ("change", "field_name"),
    [
        ({"format": "titrate.Other"}, "format"),
        ({"version": 2}, "version"),
        ({"extra": 1}, "document"),
    ],
)
def test_refuses_another_envelope(change: dict[str, object], field_name: str) -> None:
    document = {**json.loads(canonical.encode(Sample(number=1.0))), **change}
    with pytest.raises(MalformedDocumentError) as refused:
        canonical.decode(Sample, json.dumps(document))
    assert refused.value.field == field_name


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"3", b"null"])
def test_refuses_what_is_not_a_document(data: bytes) -> None:
    with pytest.raises(MalformedDocumentError):
        canonical.decode(Sample, data)


@pytest.mark.parametrize(
    "content",
    [
        {"number": "secret-1234"},
        {"number": 1.0, "at": "secret-1234"},
        {"number": 1.0, "names": {"secret-1234": "secret-1234"}},
    ],
)
def test_names_the_path_and_never_the_value(content: dict[str, object]) -> None:
    with pytest.raises(MalformedDocumentError) as refused:
        canonical.from_builtins(Sample, content)
    assert refused.value.field.split("[")[0] in {"number", "at", "names"}
    assert "secret-1234" not in str(refused.value)


def test_the_domain_s_own_checks_pass_through() -> None:
    content = canonical.to_builtins(uniform("amplitude_ma", "mA", 0.0, 1.0, 0.5))
    content["levels"] = [1.0, 0.5]
    document = {"content": content, "format": "titrate.Parameter", "version": 1}
    with pytest.raises((MalformedDocumentError, ParameterDefinitionError)):
        canonical.decode(Parameter, json.dumps(document))


def test_key_order_and_whitespace_do_not_matter() -> None:
    sample = Sample(number=0.1, names={"b": 2.0, "a": 1.0})
    loose = json.dumps(dict(reversed(json.loads(canonical.encode(sample)).items())), indent=3)
    assert canonical.decode(Sample, loose) == sample


def test_equal_values_have_equal_digests_and_others_not() -> None:
    one = canonical.digest(Sample(number=1.0, names={"a": 1.0, "b": 2.0}))
    assert one == canonical.digest(Sample(number=1.0, names={"b": 2.0, "a": 1.0}))
    assert one != canonical.digest(Sample(number=math.nextafter(1.0, 2.0), names={"a": 1.0, "b": 2.0}))
    assert len(one) == 64


def test_times_keep_their_microseconds() -> None:
    at = datetime(2025, 3, 1, 9, 0, 0, 123457, tzinfo=UTC)
    assert canonical.decode(Sample, canonical.encode(Sample(number=0.0, at=at))).at == at
    zone = timezone(timedelta(hours=2))
    there = datetime(2025, 3, 1, 11, 0, 0, 123457, tzinfo=zone)
    assert canonical.decode(Sample, canonical.encode(Sample(number=0.0, at=there))).at == at


@given(data=st.data())
def test_problems_histories_and_asks_come_back_equal_with_the_same_bytes(data: st.DataObject) -> None:
    problem = data.draw(problems())
    history = data.draw(histories(problem))
    ask = data.draw(asks(problem, history))
    for value in (problem, history, ask):
        written = canonical.encode(value)
        back = canonical.decode(type(value), written)
        assert back == value
        assert canonical.encode(back) == written
