"""Replay on a pain diary with a known benefit (B6): ours beside random, extensive and plain GP-UCB.

Every method meets the same stretch, the same place of the benefit and the same first site, so that differences are
paired; the place and the first site are also the same for every size of the benefit.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from optimizer.evaluate.diary import BASELINE, N_DAYS, Stretch, benefit_share, grid
from optimizer.evaluate.diary_search import search_diary
from optimizer.evaluate.gp_ucb import gp_ucb
from optimizer.evaluate.plain_search import any_site, best_seen, every_site
from optimizer.outcomes.scale import PAIN_REAL
from optimizer.policies.policy import Policy
from optimizer.policies.safe_bo import SAFE_BO

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

RANDOM: Final = "random"
EXTENSIVE: Final = "extensive"
GP_UCB: Final = "gp_ucb"
OURS: Final = "safe_bo"
ALGORITHMS: Final = (RANDOM, EXTENSIVE, GP_UCB, OURS)
EFFECTS_NRS: Final = (0.0, 1.0, 2.0)

CENTRE, FIRST_SITE, ORDER, TIES = range(4)
"""Streams of randomness, keyed with seed and stretch; never by how often something was drawn."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Searches:
    """One size of benefit: ``s`` stretches, ``r`` seeds, ``n`` trials; benefits as shares of the best site's."""

    recommended: dict[str, Array]
    """Algorithm -> ``(s, r, n)`` of the site recommended after each trial."""
    tried: dict[str, Array]
    """Algorithm -> ``(s, r, n)`` of the site tried."""
    claimed: NDArray[np.bool_]
    """``(s, r, n)`` whether ours claims that its recommendation relieves more than the start."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DiaryReplay:
    """The searches of every size of benefit."""

    stretches: tuple[str, ...]
    days_held: int
    by_effect: dict[float, Searches]
    """Benefit of the best site in points -> searches."""
    n_asks: int
    seconds: float
    drift_expected: bool = False
    """Whether ours was told that pain may change slowly by itself."""

    def trials_by(self, day: int) -> int:
        """Return how many trials are over at the end of a day."""
        return day // self.days_held


def replay_diary(
    stretches: Sequence[Stretch],
    *,
    days_held: int,
    n_seeds: int,
    effects_nrs: Sequence[float] = EFFECTS_NRS,
    jobs: int = 1,
    policy: Policy = SAFE_BO,
    drift_expected: bool = False,
) -> DiaryReplay:
    """Replay stretches of a diary.

    Args:
        stretches: From ``read_stretches``.
        days_held: Days each setting is held; each day is rated once.
        n_seeds: Places of the benefit a stretch.
        effects_nrs: Benefit of the best site, in points.
        jobs: Processes.
        policy: Ours.
        drift_expected: Whether ours is told that pain may change slowly by itself.

    Returns:
        The true benefit of what each method tried and recommended, and what ours claimed.
    """
    started = time.perf_counter()
    cells = [(effect, stretch) for effect in effects_nrs for stretch in stretches]
    parts = Parallel(n_jobs=jobs)(
        delayed(_replay_stretch)(stretch, effect, days_held, n_seeds, policy, drift_expected)
        for effect, stretch in cells
    )
    by_effect = {
        effect: _stacked([part for (of_part, _), part in zip(cells, parts, strict=True) if of_part == effect])
        for effect in effects_nrs
    }
    return DiaryReplay(
        stretches=tuple(stretch.name for stretch in stretches),
        days_held=days_held,
        drift_expected=drift_expected,
        by_effect=by_effect,
        n_asks=len(cells) * n_seeds * (N_DAYS // days_held),
        seconds=time.perf_counter() - started,
    )


def spread_evenly(stretches: Sequence[Stretch], n: int) -> tuple[Stretch, ...]:
    """Return at most ``n`` of the stretches, spread over regions and years."""
    chosen = np.unique(np.linspace(0, len(stretches) - 1, min(n, len(stretches))).round().astype(int))
    return tuple(stretches[index] for index in chosen)


def _stacked(parts: Sequence[Searches]) -> Searches:
    return Searches(
        recommended={name: np.concatenate([part.recommended[name] for part in parts]) for name in ALGORITHMS},
        tried={name: np.concatenate([part.tried[name] for part in parts]) for name in ALGORITHMS},
        claimed=np.concatenate([part.claimed for part in parts]),
    )


def _replay_stretch(
    stretch: Stretch, effect_nrs: float, days_held: int, n_seeds: int, policy: Policy, drift_expected: bool
) -> Searches:
    """Search one stretch from every seed; ``s`` is 1."""
    rng = _streams(stretch, n_seeds)
    n_sites, n_trials = len(grid()), N_DAYS // days_held
    share = np.array([benefit_share(one.random(2)) for one in rng(CENTRE)])
    first = np.array([one.integers(n_sites) for one in rng(FIRST_SITE)])
    row = np.arange(n_seeds)[:, None]

    def pain(run: int, site: int, day: int) -> float:
        felt = BASELINE + stretch.deviations[day] - effect_nrs * share[run, site]
        return float(np.clip(felt, PAIN_REAL.low, PAIN_REAL.high))

    def observe(sites: Indices, trial: int) -> Array:
        days = range(trial * days_held, (trial + 1) * days_held)
        pains = [np.mean([pain(run, int(sites[run]), day) for day in days]) for run in range(n_seeds)]
        return BASELINE - np.array(pains)

    found = {
        RANDOM: best_seen(any_site(first, rng(ORDER), n_sites, n_trials), observe),
        EXTENSIVE: best_seen(every_site(first, rng(ORDER), n_sites, n_trials), observe),
        GP_UCB: gp_ucb(grid(), first, observe, n_queries=n_trials, rng=rng(TIES)[0]),
    }
    ours = [
        search_diary(
            partial(pain, run),
            int(first[run]),
            n_trials=n_trials,
            days_held=days_held,
            policy=policy,
            drift_expected=drift_expected,
        )
        for run in range(n_seeds)
    ]
    found[OURS] = np.stack([one.tried for one in ours]), np.stack([one.recommended for one in ours])
    return Searches(
        tried={name: share[row, sites][None] for name, (sites, _) in found.items()},
        recommended={name: share[row, sites][None] for name, (_, sites) in found.items()},
        claimed=np.stack([one.claimed for one in ours])[None],
    )


def _streams(stretch: Stretch, n_seeds: int) -> Callable[[int], list[np.random.Generator]]:
    """Return the generators of a stream, one a seed; a stretch is known by its name, wherever it stands in the list."""
    key = list(stretch.name.encode())
    return lambda stream: [np.random.default_rng([seed, stream, *key]) for seed in range(n_seeds)]
