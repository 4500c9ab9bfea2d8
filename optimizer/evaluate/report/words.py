"""How policies and numbers are written, the same on every page and in every figure."""

import math
from collections.abc import Iterable
from typing import Final

from optimizer.evaluate.metrics.estimate import Estimate

OURS: Final = "safe_bo"
LABELS: Final = {
    OURS: "Titrate",
    "ladder_brisk": "ladder, brisk",
    "ladder_gentle": "ladder, gentle",
    "random_safe": "safe random",
    "random": "uniform random",
    "plain_botorch": "plain BoTorch",
    "optuna_gp": "Optuna GP",
    "optuna_tpe": "Optuna TPE",
    "ax": "Ax",
    "baybe": "BayBE",
    "bofire": "BoFire",
    "safe_opt": "SafeOpt's rule",
}
GUARD: Final = "guarded:"


def label(policy: str) -> str:
    """Return a policy's name as people read it: without its version, a guarded one said to be so."""
    name = policy.partition("/")[0]
    if name.startswith(GUARD):
        return f"{label(name.removeprefix(GUARD))}, guarded"
    return LABELS.get(name, name)


def is_ours(policy: str) -> bool:
    """Return whether a policy is the default one, in any version."""
    return policy.partition("/")[0] == OURS


def estimate(found: Estimate | None, digits: int = 2) -> str:
    """Return a value with its interval; an empty text where there is none."""
    if found is None:
        return ""
    value, low, high = (number(entry, digits) for entry in (found.value, found.low, found.high))
    return value if value == low == high else f"{value} ({low} to {high})"


def signed(found: Estimate | None, digits: int = 2, *, strong: bool = False) -> str:
    """Return a difference with its interval and signs; where it may be claimed, strong as Markdown writes it."""
    if found is None:
        return ""
    mark = "**" if strong and found.excludes_zero else ""
    return f"{mark}{found.value:+.{digits}f}{mark} ({found.low:+.{digits}f} to {found.high:+.{digits}f})"


def percent(found: Estimate | None) -> str:
    """Return a share as a percentage with its interval."""
    if found is None:
        return ""
    return estimate(Estimate(value=100 * found.value, low=100 * found.low, high=100 * found.high), 0)


def number(value: float, digits: int = 2) -> str:
    """Return a number; one that is never reached is said to be so."""
    return "never" if math.isinf(value) else f"{value:.{digits}f}"


def by_reason(found: dict[str, Estimate | None], digits: int = 1) -> str:
    """Return how often each reason was met, the reason in words."""
    parts = [
        f"{reason.replace('_', ' ')} {number(entry.value, digits)}"
        for reason, entry in found.items()
        if entry
    ]
    return "; ".join(parts) or "0"


def listed(values: Iterable[str]) -> str:
    """Return values with commas between."""
    return ", ".join(values)
