"""Names of entries: random, and in order of time for people who read a list of them."""

import re
import secrets
import uuid
from datetime import datetime

_SHAPE = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def new_id(at: datetime) -> str:
    """Return a fresh id: a UUID of version 7, 48 bits of milliseconds and 74 random ones.

    Source:
        RFC 9562, section 5.7. Order comes from the ledger's sequence alone, never from the id.
    """
    milliseconds = int(at.timestamp() * 1000) & ((1 << 48) - 1)
    value = (milliseconds << 80) | (0x7 << 76) | (secrets.randbits(12) << 64)
    value |= (0b10 << 62) | secrets.randbits(62)
    return str(uuid.UUID(int=value))


def is_id(text: str) -> bool:
    """Return whether a text can be an id of ours at all; anything else need not reach the database."""
    return _SHAPE.fullmatch(text) is not None
