"""Our own search of a diary: the same ``propose`` a course is asked with, each setting held for some days."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from msgspec import UnsetType
from numpy.typing import NDArray

from optimizer.ask import Ask
from optimizer.decision import Proposal
from optimizer.errors import PolicyError
from optimizer.evaluate.diary import diary_problem
from optimizer.history import EPOCH, History
from optimizer.policies.policy import Policy
from optimizer.propose import propose
from optimizer.space.settings import Settings
from optimizer.trial import Applied, Measure, Report, Trial

Array = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Searched:
    """One search of ``n`` trials."""

    tried: Indices
    """``(n,)`` sites."""
    recommended: Indices
    """``(n,)`` what to keep after each trial."""
    claimed: NDArray[np.bool_]
    """``(n,)`` whether the interval of that site's relief over the start lies above 0."""


def search_diary(
    rate: Callable[[int, int], float],
    first: int,
    *,
    n_trials: int,
    days_held: int,
    policy: Policy,
    drift_expected: bool = False,
) -> Searched:
    """Search once.

    Args:
        rate: Site and day to the pain of that day.
        first: The first site.
        n_trials: Sites tried.
        days_held: Days each is held; each day is rated once.
        policy: How to choose.
        drift_expected: Whether the policy is told that pain may change slowly by itself.

    Returns:
        What was tried, recommended and claimed.

    Raises:
        PolicyError: If the policy holds or stops: nothing in a diary calls for it.
    """
    problem = diary_problem(drift_expected=drift_expected)
    sites = {index: site for site, index in enumerate(np.ndindex(*problem.space.sizes))}
    indices = list(sites)
    history = History()
    tried, recommended, claimed = [], [], []
    site = first
    for number in range(n_trials):
        settings = problem.space.at(list(indices[site]))
        history = history.add(*_trial(settings, number, days_held, [*_rated(rate, site, number, days_held)]))
        at = EPOCH + timedelta(days=(number + 1) * days_held)
        decision = propose(problem, history, Ask(at=at, in_force=_applied(settings)), policy=policy)
        if not isinstance(decision, Proposal):
            raise PolicyError("policy", "holds or stops on a diary, where nothing calls for it")
        tried.append(site)
        keep = settings if decision.recommendation is None else decision.recommendation
        recommended.append(sites[keep.indices])
        claimed.append(_claims(decision))
        site = sites[decision.settings.indices]
    return Searched(tried=np.array(tried), recommended=np.array(recommended), claimed=np.array(claimed))


def _rated(rate: Callable[[int, int], float], site: int, number: int, days_held: int) -> list[float]:
    return [rate(site, number * days_held + day) for day in range(days_held)]


def _trial(settings: Settings, number: int, days_held: int, pains: list[float]) -> list[Trial | Report]:
    start = EPOCH + timedelta(days=number * days_held)
    trial = Trial(id=f"trial-{number:02d}", applied=_applied(settings), occurred_at=start, recorded_at=start)
    evenings = [start + timedelta(days=day + 0.75) for day in range(days_held)]
    reports = [
        Report(
            id=f"{trial.id}-day-{day}",
            trial_id=trial.id,
            measure=Measure.PAIN,
            value=pain,
            occurred_at=evening,
            recorded_at=evening,
        )
        for day, (pain, evening) in enumerate(zip(pains, evenings, strict=True))
    ]
    return [trial, *reports]


def _applied(settings: Settings) -> Applied:
    return Applied(values=settings.as_dict(), settings=settings)


def _claims(decision: Proposal) -> bool:
    gain = decision.recommendation_over_start_nrs
    return gain is not None and not isinstance(gain, UnsetType) and gain.low > 0
