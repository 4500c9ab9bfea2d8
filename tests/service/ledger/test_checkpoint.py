import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from joserfc import jws
from joserfc.jwk import OKPKey

from service.command_errors import CheckpointError
from service.ledger.checkpoint import (
    KEY_FILE,
    make_signing_key,
    public_key,
    read,
    read_public_key,
    sign,
    signing_key,
)
from service.ledger.verify import Mark

MARK = Mark(position=7, digest="a" * 64)
AT = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.fixture
def key(tmp_path: Path) -> OKPKey:
    make_signing_key(tmp_path)
    return signing_key(tmp_path)


def test_a_checkpoint_is_read_with_the_exported_public_key_alone(key: OKPKey, tmp_path: Path) -> None:
    exported = tmp_path / "public.json"
    exported.write_text(public_key(key))
    other = read_public_key(exported)
    assert not other.is_private
    assert read(sign(MARK, AT, key), other) == MARK


def test_the_key_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    make_signing_key(tmp_path)
    first = signing_key(tmp_path).thumbprint()
    make_signing_key(tmp_path)
    assert signing_key(tmp_path).thumbprint() == first
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [KEY_FILE]


def test_a_folder_without_a_key_is_named_and_gets_none(tmp_path: Path) -> None:
    with pytest.raises(
        CheckpointError, match=rf"{tmp_path / KEY_FILE}: is not there\. Set TITRATE_DATA_FOLDER"
    ):
        signing_key(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_nobody_ever_sees_half_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put, seen = Path.hardlink_to, list[dict[str, str]]()

    def looking(path: Path, target: str) -> None:
        put(path, target)
        seen.append(json.loads(path.read_text()))

    monkeypatch.setattr(Path, "hardlink_to", looking)
    make_signing_key(tmp_path)
    key = signing_key(tmp_path)
    assert [one["d"] for one in seen] == [key.as_dict(private=True)["d"]]


def test_another_key_an_altered_line_and_no_checkpoint_are_refused(key: OKPKey) -> None:
    signed = sign(MARK, AT, key)
    head, body, signature = signed.split(".")
    forged = sign(Mark(position=8, digest="b" * 64), AT, OKPKey.generate_key("Ed25519")).split(".")[1]
    for line, by in (
        (signed, OKPKey.generate_key("Ed25519")),
        (f"{head}.{forged}.{signature}", key),
        (f"{head}.{body}.", key),
        ("nonsense", key),
        ("", key),
    ):
        with pytest.raises(CheckpointError, match="signed with another key"):
            read(line, by)


def test_a_checkpoint_says_to_any_jose_library_when_it_was_made_and_by_which_key(key: OKPKey) -> None:
    seen = jws.deserialize_compact(sign(MARK, AT, key), key, algorithms=["Ed25519"])
    assert seen.headers() == {"alg": "Ed25519", "kid": key.thumbprint(), "typ": "titrate-checkpoint"}
    said = {"position": 7, "digest": "a" * 64, "made_at": "2026-11-21T00:00:00+00:00"}
    assert json.loads(seen.payload) == said


def test_a_checkpoint_is_read_as_a_line_of_a_file(key: OKPKey) -> None:
    assert read(f" {sign(MARK, AT, key)}\n", key) == MARK


@pytest.mark.parametrize("content", [b"no JSON", b"[]", b"7", b"{}", b'{"position": 7}'])
def test_what_is_signed_and_says_no_mark_is_refused(content: bytes, key: OKPKey) -> None:
    line = jws.serialize_compact({"alg": "Ed25519"}, content, key, algorithms=["Ed25519"])
    with pytest.raises(CheckpointError, match="signed with another key"):
        read(line, key)


@pytest.mark.parametrize(
    "content",
    [
        *("", "no JSON", "[]", "7", "{}", "null"),
        *('{"kty": "OKP", "crv": "Ed25519"}', '{"kty": "OKP", "crv": 7, "x": 7}'),
        '{"kty": "OKP", "crv": "no curve", "x": "AA"}',
    ],
)
def test_a_file_that_holds_no_key_is_refused(content: str, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(content)
    with pytest.raises(CheckpointError, match="no Ed25519 key"):
        read_public_key(file)
