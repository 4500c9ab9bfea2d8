"""Runs small enough to be counted by hand."""

from optimizer.evaluate.provenance import Provenance
from optimizer.evaluate.trace import Trace

MADE = Provenance(code="0.1.0+aaaaaaaaaaaa", lock="bbbbbbbbbbbb", scenario="cccccccccccc", commit="abc1234")


def trace(patient: int, kept: list[float], grade: list[float], achievable: float, **fields: object) -> Trace:
    """A run in which half of what is recommended was tried, and everything was proposed."""
    n = len(kept)
    stated: dict[str, object] = {
        "scenario": "scs-tonic",
        "policy": "p/1",
        "patient": patient,
        "seed": 0,
        "provenance": MADE,
        "limit_grade": 4.0,
        "severe_grade": 7.0,
        "rating_ends": (0.0, 10.0),
        "achievable_nrs": achievable,
        "decisions": ("start",) + ("proposal",) * (n - 1),
        "reasons": ("",) * n,
        "tried_nrs": tuple(value / 2 for value in kept),
        "tried_grade": tuple(grade),
        "at_edge": (False,) * n,
        "recommended_nrs": tuple(kept),
        "recommended_grade": tuple(grade),
        "recommended_uc_per_s": (100.0,) * n,
        "claims": (None,) * n,
        "n_breaches": 0,
        "ask_s": (0.1,) * (n - 1),
    }
    return Trace(**(stated | fields))  # type: ignore[arg-type]
