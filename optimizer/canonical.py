"""One canonical JSON of everything that crosses a boundary.

RFC 8785 bytes of ``{"content": ..., "format": "titrate.<type>", "version": 1}``: sorted keys, shortest exact floats, UTC
times with microseconds at most. The same bytes serve as fingerprint, ledger row, compute boundary, MLflow artifact and
command-line file, so there is nothing to keep in step.
"""

import re
from typing import Any, TypeVar

import msgspec
import rfc8785

from optimizer.errors import MalformedDocumentError

VERSION = 1
"""Version of the document format; it changes when old documents can no longer be read as they are."""

T = TypeVar("T")


def to_builtins(value: object) -> Any:
    """Return a dataclass as plain dictionaries, lists, strings and numbers."""
    return msgspec.to_builtins(value)


def encode(value: object) -> bytes:
    """Write a domain value as canonical JSON.

    Args:
        value: A dataclass of the domain, for example a ``Problem`` or a ``History``.

    Returns:
        UTF-8 bytes, equal for equal values on every machine.

    Raises:
        MalformedDocumentError: If the value holds what JSON cannot say (NaN, an infinity).
    """
    document = {
        "content": to_builtins(value),
        "format": _format_of(type(value)),
        "version": VERSION,
    }
    return _dump(document, type(value).__name__)


def decode(kind: type[T], data: bytes | str) -> T:
    """Read a domain value back, exactly.

    A field this version does not know is refused rather than dropped: what was fingerprinted is what is read.

    Args:
        kind: The dataclass to build.
        data: A document written by :func:`encode`; whitespace and key order do not matter.

    Returns:
        The value; ``encode`` of it gives the canonical form of ``data``.

    Raises:
        MalformedDocumentError: If the bytes are not JSON, name another format or version, miss or add a field, or
            hold a value of another type. Errors of the domain's own checks pass through unchanged.
    """
    document = _parse(data)
    if not isinstance(document, dict) or document.keys() != {"content", "format", "version"}:
        raise MalformedDocumentError(
            "document", "lacks the envelope", limit="exactly content, format and version"
        )
    if document["format"] != _format_of(kind):
        raise MalformedDocumentError("format", "names another kind of document", limit=_format_of(kind))
    if document["version"] != VERSION:
        raise MalformedDocumentError("version", "is not one this release reads", limit=str(VERSION))
    value = from_builtins(kind, document["content"])
    if encode(value) != _dump(_doubles(document), kind.__name__):
        raise MalformedDocumentError(
            "content",
            "holds fields or values that this version does not keep",
            remedy="Read it with the version that wrote it.",
        )
    return value


def format_of(data: bytes | str) -> str:
    """Return the format a document names, or nothing where it names none.

    Raises:
        MalformedDocumentError: If the bytes are not JSON.
    """
    document = _parse(data)
    named = document.get("format") if isinstance(document, dict) else None
    return named if isinstance(named, str) else ""


def from_builtins(kind: type[T], content: object) -> T:
    """Build a dataclass from plain values without the envelope.

    Args:
        kind: The dataclass to build.
        content: Plain dictionaries, lists, strings and numbers.

    Returns:
        The value.

    Raises:
        MalformedDocumentError: If a field is missing or has another type; the message names its path, never its value.
    """
    try:
        return msgspec.convert(content, type=kind)
    except msgspec.ValidationError as error:
        raise MalformedDocumentError(*_explain(str(error))) from None


def digest(value: object) -> str:
    """Return the SHA-256 of the canonical JSON, as 64 hexadecimal digits."""
    import hashlib  # here: it starts OpenSSL, which importing the light core need not wait for

    return hashlib.sha256(encode(value)).hexdigest()


def _parse(data: bytes | str) -> Any:
    try:
        return msgspec.json.decode(data)
    except msgspec.DecodeError as error:
        raise MalformedDocumentError("document", "is not JSON", limit="one JSON object") from error


def _format_of(kind: type) -> str:
    return f"titrate.{kind.__name__}"


def _dump(document: object, name: str) -> bytes:
    try:
        return rfc8785.dumps(document)  # type: ignore[arg-type]
    except rfc8785.CanonicalizationError as error:
        raise MalformedDocumentError(
            name, "holds a number JSON cannot carry", limit="finite numbers"
        ) from error


def _doubles(value: Any) -> Any:
    """Return plain values with every whole number beyond 2^53 as the double it is in JSON."""
    if isinstance(value, dict):
        return {key: _doubles(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_doubles(entry) for entry in value]
    whole = isinstance(value, int) and not isinstance(value, bool)
    return float(value) if whole and abs(value) >= 2**53 else value


def _explain(message: str) -> tuple[str, str]:
    """Split msgspec's message into path and problem, without the values it quotes in single quotes."""
    problem, _, path = message.partition(" - at ")
    field = path.strip("`").removeprefix("$").lstrip(".") or "document"
    return field, re.sub(r" '.*?'", "", problem)
