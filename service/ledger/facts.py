"""Documents of facts into domain values, each once: a fact never changes, and a course's are read at its every step."""

from functools import lru_cache
from typing import Any, TypeVar

from optimizer import canonical

T = TypeVar("T")
KEPT = 8192
"""Facts in mind, the latest read: some hundred courses at work, about 15 MB."""


def fact(kind: type[T], document: str) -> T:
    """Return the fact that a document says.

    Args:
        kind: The dataclass to build; frozen, as it is handed to whoever reads the same document.
        document: Canonical JSON.

    Raises:
        MalformedDocumentError: If it is no document of that kind.
    """
    found: T = _decoded(kind, document)  # type: ignore[arg-type]  # a class is hashable; mypy doubts it
    return found


@lru_cache(maxsize=KEPT)
def _decoded(kind: type[Any], document: str) -> Any:
    return canonical.decode(kind, document)
