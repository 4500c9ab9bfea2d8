import pytest

from service.dependencies.strict_body import parse
from service.errors import MalformedRequestError
from tests.service.live import Clinic, codes

SECRET = "Zacharias-Zwiebelfisch"
HOSTILE = {
    "not JSON": b"{" + SECRET.encode(),
    "NaN": b'{"a": NaN}',
    "Infinity": b'{"a": -Infinity}',
    "overflow": b'{"a": 1e400}',
    "duplicate key": b'{"a": 1, "a": 2}',
    "nested duplicate": b'{"b": [{"a": 1, "a": 2}]}',
    "brackets": b"[" * 20_000,
    "nesting": b"[" * 1_900 + b"]" * 1_900,
    "a list without end": b'{"a": [' + b"1," * 100_000 + b"1]}",
    "names without end": b"{" + b",".join(b'"n%d":1' % n for n in range(60_000)) + b"}",
    "long integer": b'{"a": ' + b"9" * 5_000 + b"}",
    "inexact integer": b'{"a": 9007199254740992}',
    "inexact below zero": b'{"a": -9007199254740992}',
    "surrogate": b'{"a": "\\ud800"}',
    "surrogate in a name": b'{"\\udfff": 1}',
    "not UTF-8": b'{"a": "\xff"}',
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_bodies_are_refused_with_one_code(body: bytes, clinic: Clinic) -> None:
    reply = clinic.send("/patients", body)
    assert codes([reply]) == [(400, "malformed-request")]
    assert SECRET not in reply.text


def test_a_body_past_the_bound_is_refused_without_reading_it_all(clinic: Clinic) -> None:
    for size in (1_100_000, 10_000_000):
        reply = clinic.send("/patients", b'{"pseudonym": "' + b"x" * size + b'"}')
        assert codes([reply]) == [(413, "request-too-large")]
    assert clinic.get("/patients").json() == []


def test_a_plain_body_is_read_as_it_is() -> None:
    assert parse(b'{"a": "\\ud83d\\ude00", "b": [-9007199254740991, 9007199254740991]}') == {
        "a": "\U0001f600",
        "b": [-(2**53) + 1, 2**53 - 1],
    }
    assert parse(b'{"a": [1, 2.5, null, true, "\xc3\xa4"]}') == {"a": [1, 2.5, None, True, "ä"]}
    with pytest.raises(MalformedRequestError, match="repeats a key"):
        parse(b'{"a": {"b": 1, "b": 1}}')
