"""Replay on recorded maps (B2): ours, with and without what other animals teach, beside honest yardsticks.

Leave one animal out, search its map, repeat from random first sites. Every method starts from the same first site of the
same seed and sees the same noise, so that differences are paired.
"""

import time
from dataclasses import dataclass
from typing import Final

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from optimizer.evaluate.gp_ucb import NOISE_SD, gp_ucb
from optimizer.evaluate.map_search import MapSearch
from optimizer.evaluate.plain_search import any_site, best_seen, every_site
from optimizer.evaluate.recorded_maps import HIGHEST_SCORE, RecordedMaps
from optimizer.policies.safe_bo import SAFE_BO

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

RANDOM: Final = "random"
EXTENSIVE: Final = "extensive"
GP_UCB: Final = "gp_ucb"
GP_UCB_PRIOR: Final = "gp_ucb_prior"
OURS: Final = "safe_bo"
OURS_PRIOR: Final = "safe_bo_prior"
ALGORITHMS: Final = (RANDOM, EXTENSIVE, GP_UCB, OURS, GP_UCB_PRIOR, OURS_PRIOR)

FIRST_SITE, NOISE, ORDER, TIES = range(4)
"""Streams of randomness, keyed with seed and animal; never by how often something was drawn."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Replay:
    """True scores of a replay: ``a`` animals, ``r`` seeds, ``n`` queries, 0 to 1 of the animal's best site."""

    animals: tuple[str, ...]
    noise: float
    recommended: dict[str, Array]
    """Algorithm -> ``(a, r, n)`` score of the site recommended after each query."""
    tried: dict[str, Array]
    """Algorithm -> ``(a, r, n)`` score of the site tried at each query."""
    n_asks: int
    """Decisions computed; equal histories are asked about once."""
    seconds: float


def replay_maps(
    maps: RecordedMaps, *, n_seeds: int, noise: float = 0.0, n_queries: int = 16, jobs: int = 1
) -> Replay:
    """Replay every animal from ``n_seeds`` random first sites.

    Args:
        maps: From ``read_maps``.
        n_seeds: Runs an animal.
        noise: SD of what is added to each observation, as a share of the animal's maximum. Observations are kept on their
            scale, 0 to 8, for every method alike.
        n_queries: Sites tried in a run.
        jobs: Processes.

    Returns:
        The true scores of what each method tried and recommended.
    """
    started = time.perf_counter()
    n_animals = len(maps.animals)
    parts = Parallel(n_jobs=jobs)(
        delayed(_replay_animal)(maps, animal, n_seeds, noise, n_queries) for animal in range(n_animals)
    )
    return Replay(
        animals=maps.animals,
        noise=noise,
        recommended={name: np.stack([part[0][name][1] for part in parts]) for name in ALGORITHMS},
        tried={name: np.stack([part[0][name][0] for part in parts]) for name in ALGORITHMS},
        n_asks=sum(part[1] for part in parts),
        seconds=time.perf_counter() - started,
    )


def _replay_animal(
    maps: RecordedMaps, animal: int, n_seeds: int, noise: float, n_queries: int
) -> tuple[dict[str, tuple[Array, Array]], int]:
    """Scores of the sites tried and recommended by each method, ``(r, n)`` each, and the decisions it took."""
    n_sites = len(maps.sites)
    score = maps.scores[animal]
    first = np.array([_rng(seed, animal, FIRST_SITE).integers(n_sites) for seed in range(n_seeds)])
    sd = noise * maps.values[animal].max()
    errors = np.array([sd * _rng(seed, animal, NOISE).standard_normal(n_queries) for seed in range(n_seeds)])

    def observe(sites: Indices, query: int) -> Array:
        return np.asarray(np.clip(maps.values[animal, sites] + errors[:, query], 0.0, HIGHEST_SCORE))

    orders = ([_rng(seed, animal, ORDER) for seed in range(n_seeds)] for _ in range(2))
    found = {
        RANDOM: best_seen(any_site(first, next(orders), n_sites, n_queries), observe),
        EXTENSIVE: best_seen(every_site(first, next(orders), n_sites, n_queries), observe),
    }
    others = np.delete(maps.scores, animal, axis=0).mean(axis=0)
    for name, mean in ((GP_UCB, None), (GP_UCB_PRIOR, others)):
        found[name] = gp_ucb(
            maps.sites,
            first,
            observe,
            n_queries=n_queries,
            mean=mean,
            noise_sd=max(NOISE_SD, noise),  # told the truth about the noise, which ours has to learn
            rng=_rng(0, animal, TIES),
        )
    n_asks = 0
    for name, with_prior in ((OURS, False), (OURS_PRIOR, True)):
        search = MapSearch(maps=maps, animal=animal, policy=SAFE_BO, with_prior=with_prior)
        runs = [search.run(int(site), error) for site, error in zip(first, errors, strict=True)]
        found[name] = np.stack([run[0] for run in runs]), np.stack([run[1] for run in runs])
        n_asks += search.n_asks
    return {name: (score[tried], score[kept]) for name, (tried, kept) in found.items()}, n_asks


def _rng(seed: int, animal: int, stream: int) -> np.random.Generator:
    return np.random.default_rng([seed, animal, stream])
