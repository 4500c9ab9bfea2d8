"""Plain GP-UCB on a grid of sites: the method of the published replays, as a yardstick.

Written apart from our surrogate on purpose: one fixed kernel, no hyperparameters learned, all runs of an animal at once.

Source:
    Srinivas et al. (2010), Gaussian process optimization in the bandit setting, ICML; kernel and constants as the
    EduOptimNeurostim notebooks set them (Matern-5/2, lengthscale one site, kappa 1).
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

LENGTHSCALE_SITES = 1.0
NOISE_SD = 0.02
KAPPA = 1.0


def gp_ucb(
    sites: Indices,
    first: Indices,
    observe: Callable[[Indices, int], Array],
    *,
    n_queries: int,
    mean: Array | None = None,
    noise_sd: float = NOISE_SD,
    rng: np.random.Generator,
) -> tuple[Indices, Indices]:
    """Search a grid of sites, many runs side by side.

    Args:
        sites: ``(c, 2)`` positions in steps of one site.
        first: ``(r,)`` first site of each run.
        observe: Sites tried by each run, ``(r,)``, and the query number, to what was observed, ``(r,)``.
        n_queries: How many sites each run tries.
        mean: ``(c,)`` prior mean as a share of the maximum; None for zero. With one, the first site is its best.
        noise_sd: SD the observations are taken to have, as a share of the maximum.
        rng: Breaks ties between sites of equal promise.

    Returns:
        Sites tried and sites recommended after each query, ``(r, n_queries)`` each. Recommended is the tried site with
        the highest posterior mean.
    """
    kernel = matern_52(sites, LENGTHSCALE_SITES)
    prior = np.zeros(len(sites)) if mean is None else mean
    runs = np.arange(len(first))
    tried = np.empty((len(first), n_queries), dtype=np.int64)
    recommended = np.empty_like(tried)
    seen = np.empty((len(first), n_queries))
    tried[:, 0] = first if mean is None else int(mean.argmax())
    for query in range(n_queries):
        seen[:, query] = observe(tried[:, query], query)
        so_far = tried[:, : query + 1]
        average, sd = _posterior(kernel, prior, so_far, seen[:, : query + 1], noise_sd)
        recommended[:, query] = so_far[runs, average[runs[:, None], so_far].argmax(axis=1)]
        if query + 1 < n_queries:
            promise = average + KAPPA * sd + 1e-9 * rng.random(average.shape)
            tried[:, query + 1] = promise.argmax(axis=1)
    return tried, recommended


def matern_52(sites: Indices, lengthscale: float) -> Array:
    """Return the Matern-5/2 correlation of sites, ``(c, c)``."""
    apart = np.sqrt(((sites[:, None, :] - sites[None, :, :]) ** 2).sum(-1)) * np.sqrt(5.0) / lengthscale
    return np.asarray((1.0 + apart + apart**2 / 3.0) * np.exp(-apart))


def _posterior(
    kernel: Array, prior: Array, tried: Indices, seen: Array, noise_sd: float
) -> tuple[Array, Array]:
    """Posterior mean and SD at every site, ``(r, c)`` each; observations over the largest seen so far."""
    largest = np.maximum(seen.max(axis=1, keepdims=True), 1e-12)
    scaled = np.where(largest > 1e-9, seen / largest, 0.0)
    covariance = kernel[tried[:, :, None], tried[:, None, :]] + noise_sd**2 * np.eye(tried.shape[1])
    cross = kernel[tried]  # (r, n, c)
    weights = np.linalg.solve(covariance, cross)
    residual = scaled - prior[tried]
    mean = prior[None, :] + np.einsum("rnc,rn->rc", weights, residual)
    variance = 1.0 - np.einsum("rnc,rnc->rc", weights, cross)
    return mean, np.sqrt(np.maximum(variance, 0.0))
