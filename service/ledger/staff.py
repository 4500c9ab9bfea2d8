"""Names of those who treat: on record with every act, shown to those who need them."""

from typing import Any

from service.ledger.ledger import Ledger

WITHHELD = "withheld"
"""Stands in the place of a name for a caller who only does research."""
NAMES = frozenset({"printed_name", "signed_by"})
"""Fields of a fact that hold the name of a person; patients have none in the record."""
SERVICE = frozenset({"optimizer", "titrate"})
"""Principals that are no person."""


def principal_shown(ledger: Ledger, principal: str) -> str:
    """Return who wrote a fact, as the caller may see it."""
    return principal if ledger.sees_staff or principal in SERVICE else WITHHELD


def body_shown(ledger: Ledger, body: Any) -> Any:
    """Return a fact, or a part of one, as the caller may see it; its digest stays that of the whole fact."""
    if ledger.sees_staff:
        return body
    if isinstance(body, dict):
        return {
            name: WITHHELD if name in NAMES and value is not None else body_shown(ledger, value)
            for name, value in body.items()
        }
    return [body_shown(ledger, entry) for entry in body] if isinstance(body, list) else body
