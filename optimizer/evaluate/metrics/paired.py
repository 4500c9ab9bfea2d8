"""One policy less another on the same patients: their luck is common, so most of the noise goes out."""

from collections.abc import Sequence
from dataclasses import dataclass

from optimizer.evaluate.metrics.estimate import Estimate
from optimizer.evaluate.metrics.summary import (
    REPORTED_TRIALS,
    by_policy,
    exposures,
    severe_exposures,
    share_of,
    share_while_searching,
)
from optimizer.evaluate.trace import Trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A policy less the other, over the patients both met."""

    policy: str
    less: str
    n_patients: int
    shares: dict[int, Estimate | None]
    """Trials -> difference of the shares of achievable relief."""
    share_while_searching: Estimate | None
    exposures: Estimate | None
    severe_exposures: Estimate | None


def differences(traces: Sequence[Trace], policy: str) -> list[Difference]:
    """Return one policy less each of the others, by name of the other.

    Args:
        traces: As for ``summarise``.
        policy: The one of interest.

    Returns:
        Differences; patients whom only one of the two met are left out. Empty where the policy met nobody.
    """
    runs = by_policy(traces)
    if policy not in runs:
        return []
    return [_difference(policy, runs[policy], other, runs[other]) for other in runs if other != policy]


def _difference(policy: str, ours: list[Trace], other: str, theirs: list[Trace]) -> Difference:
    n_trials = len(ours[0].decisions)
    return Difference(
        policy=policy,
        less=other,
        n_patients=len({t.patient for t in ours} & {t.patient for t in theirs}),
        shares={n: share_of(ours, n).less(share_of(theirs, n)) for n in REPORTED_TRIALS if n <= n_trials},
        share_while_searching=share_while_searching(ours).less(share_while_searching(theirs)),
        exposures=exposures(ours).less(exposures(theirs)),
        severe_exposures=severe_exposures(ours).less(severe_exposures(theirs)),
    )
