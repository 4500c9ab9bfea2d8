# ruff: noqa: INP001, T201 - a script that runs itself and talks to the terminal
"""How near the surrogate as served comes to NUTS, an independent sampler, on histories of synthetic patients.

NUTS is Pyro's, on the same log density by its gradients. Two things are done for its speed, neither changes what it draws
from: the day length, of which the likelihood knows twelve values, is summed out and drawn afterwards (a density with steps
would shrink every leap), and coordinates are turned by the covariance of other draws, so that all are about as wide.
Chains start at draws of the prior, so that they may find what the served draws never saw, and the last at a served draw of
another seed. Run by ``python benchmarks/nuts.py``; prints Markdown.

Source:
    Hoffman and Gelman (2014), The No-U-Turn Sampler, J. Mach. Learn. Res. 15, 1593-1623; split R-hat: Gelman et al. (2013),
    Bayesian Data Analysis, 3rd edition, section 11.4.
"""

import argparse
import math
import sys
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from ask_time import course, first
from sampler import CLOSE_NRS, PATIENTS, SEEDS, SIZES, WIDTH, asked, believed, long, rms
from torch import Tensor

from optimizer.history import History
from optimizer.models.dataset import DAY_LENGTHS, DTYPE
from optimizer.models.hyperposterior import draw
from optimizer.models.joint import Joint
from optimizer.problem import Problem

try:
    import pyro
    from pyro.infer.mcmc import MCMC, NUTS
    from pyro.ops.stats import effective_sample_size, split_gelman_rubin
except ImportError:
    sys.exit("NUTS is Pyro's, which is not installed: pip install --editable '.[bench]'")

MAX_TREE_DEPTH = 5
"""At most 31 leaps, each about a fifth of the width of the posterior: several times across it."""
OTHER_SEED = 1_000
"""Of the draws that give the coordinates and the last chain's start: none of those compared."""
TRUSTED = 0.99
"""Share of their covariance; the rest is its diagonal."""
MIXED = 1.05
"""Split R-hat below which chains agree."""


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How long NUTS runs, and on which patients our own sampler's long run stands beside it."""

    chains: int
    warm_up: int
    samples: int
    long: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Found:
    """What is found on one history: flat arrays, so that histories can be strung together."""

    apart: np.ndarray
    """Means of relief of each chain less the mean of all, points."""
    split_r_hat: np.ndarray
    effective: np.ndarray
    """Effective sample size of the mean of relief at each setting."""
    divergences: np.ndarray
    off: np.ndarray
    """Mean of relief as served less that of NUTS, points; several seeds."""
    wider: np.ndarray
    """Width as served over that of NUTS, less one."""
    long_off: np.ndarray
    """As ``off``, of our own sampler's long run; empty where it was not run."""
    long_wider: np.ndarray

    @property
    def mixed(self) -> bool:
        """Whether chains agree at most settings."""
        return float((self.split_r_hat < MIXED).mean()) > 0.5


def main() -> None:
    """Print a row a history, then the same over histories."""
    parser = argparse.ArgumentParser(description="How near the surrogate as served comes to NUTS.")
    parser.add_argument("--patients", type=int, nargs="+", default=PATIENTS)
    parser.add_argument("--chains", type=int, default=3)
    parser.add_argument("--warm-up", type=int, default=300)
    parser.add_argument("--samples", type=int, default=700)
    parser.add_argument(
        "--long", type=int, nargs="*", default=PATIENTS, help="patients with our own long run beside"
    )
    given = parser.parse_args()
    counts = Counts(chains=given.chains, warm_up=given.warm_up, samples=given.samples, long=tuple(given.long))
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore", category=torch.jit.TracerWarning)
    print(head("trials", "patient", "s"))
    found: dict[int, list[Found]] = {size: [] for size in SIZES}
    for patient in given.patients:
        problem, history = course(max(SIZES), patient)
        for size in SIZES:
            started = time.monotonic()
            found[size].append(compared(problem, first(history, size), patient, counts))
            print(row(found[size][-1:], size, patient, round(time.monotonic() - started)), flush=True)
    print("\n" + head("trials", "histories"))
    for size, here in (*found.items(), ("both", [one for some in found.values() for one in some])):
        print(row(here, size, f"all {len(here)}"))
        kept = [one for one in here if one.mixed]
        print(row(kept, size, f"the {len(kept)} that mixed"))


def head(*cells: str) -> str:
    """Return the head of a table: what rows begin with, and perhaps the seconds they end with."""
    names = (
        *cells[:2],
        "chains from their mean, rms",
        f"split R-hat below {MIXED}, %",
        "effective sample, median",
        "divergences",
        *(
            f"{who}{what}"
            for who in ("", "own long run: ")
            for what in ("mean off by, rms", f"within {CLOSE_NRS}, %", f"width within {WIDTH:.0%}, %")
        ),
        *cells[2:],
    )
    return f"| {' | '.join(names)} |\n" + "|---" * len(names) + "|"


def row(found: Sequence[Found], size: object, which: object, *cells: object) -> str:
    """Return the figures over histories; blank where there is nothing to tell."""
    if not found:
        return f"| {size} | {which} |" + 10 * " |"
    every = {item.name: np.concatenate([getattr(one, item.name) for one in found]) for item in fields(Found)}
    figures = (
        f"{rms(every['apart']):.3f}",
        f"{100 * (every['split_r_hat'] < MIXED).mean():.0f}",
        f"{np.median(every['effective']):.0f}",
        f"{every['divergences'].sum()}",
        *near(every["off"], every["wider"]),
        *near(every["long_off"], every["long_wider"]),
    )
    return f"| {' | '.join(map(str, (size, which, *figures, *cells)))} |"


def near(off: np.ndarray, wider: np.ndarray) -> tuple[str, ...]:
    """Return how near means and widths are."""
    if not len(off):
        return ("", "", "")
    shares = ((np.abs(off) <= CLOSE_NRS).mean(), (np.abs(wider) <= WIDTH).mean())
    return (f"{rms(off):.3f}", *(f"{100 * share:.1f}" for share in shares))


def compared(problem: Problem, history: History, patient: int, counts: Counts) -> Found:
    """Return what NUTS says of one history, and how far the surrogate as served lies from it."""
    joint, points = asked(problem, history)
    white, divergences = chains(joint, patient, counts)
    truth = believed(joint.given(white.flatten(0, 1), white.shape[1]), points)
    means = torch.stack([joint.given(chain, len(chain)).predict(points).mean for chain in white])
    served = [believed(joint.sampled(seed), points) for seed in range(SEEDS)]
    with long():
        slow = [believed(joint.sampled(100), points)] if patient in counts.long else []
    return Found(
        apart=(means.mean(1) - means.mean((0, 1))).flatten().numpy(),
        split_r_hat=split_gelman_rubin(means).numpy(),
        effective=effective_sample_size(means).numpy(),
        divergences=np.array([divergences]),
        off=np.concatenate([run.mean - truth.mean for run in served]),
        wider=np.concatenate([run.sd / truth.sd - 1.0 for run in served]),
        long_off=np.concatenate([np.zeros(0), *(run.mean - truth.mean for run in slow)]),
        long_wider=np.concatenate([np.zeros(0), *(run.sd / truth.sd - 1.0 for run in slow)]),
    )


def chains(joint: Joint, patient: int, counts: Counts) -> tuple[Tensor, int]:
    """Run NUTS.

    Args:
        joint: What to draw from.
        patient: Seeds the chains.
        counts: How many, how long.

    Returns:
        ``(chains, samples, h)`` standard normal coordinates, and the number of divergent transitions.
    """
    size = joint.hyperprior.size
    other = draw(joint.portions(OTHER_SEED), size, OTHER_SEED).white
    covariance = torch.cov(other.T)
    root = torch.linalg.cholesky(TRUSTED * covariance + (1.0 - TRUSTED) * torch.diag(covariance.diagonal()))
    days = Days.of(joint)
    # a trace leaves out half of what Python costs; nothing in the density branches on the coordinates
    potential = torch.jit.trace(
        lambda turned: days.potential(turned @ root.T), torch.zeros(size, dtype=DTYPE)
    )
    found, divergences = [], 0
    for number in range(counts.chains):
        pyro.set_rng_seed(1_000 * patient + number)
        start = torch.randn(size, dtype=DTYPE) if number < counts.chains - 1 else other[0]
        kernel = NUTS(
            potential_fn=lambda at: potential(at["white"]),
            adapt_mass_matrix=False,
            max_tree_depth=MAX_TREE_DEPTH,
        )
        run = MCMC(
            kernel,
            num_samples=counts.samples,
            warmup_steps=counts.warm_up,
            initial_params={"white": torch.linalg.solve_triangular(root, start[:, None], upper=False)[:, 0]},
            disable_progbar=True,
        )
        run.run()
        divergences += len(run.diagnostics()["divergences"]["chain 0"])
        found.append(days.drawn(run.get_samples()["white"] @ root.T))
    return torch.stack(found), divergences


@dataclass(frozen=True, kw_only=True)
class Days:
    """The joint density with the day length summed out: the likelihood takes the nearest of those tabulated."""

    joint: Joint
    column: int
    white: Tensor
    """``(g,)`` coordinate of each tabulated length."""
    log_mass: Tensor
    """``(g,)`` of the prior nearest to each."""

    @classmethod
    def of(cls, joint: Joint) -> "Days":
        """Return it for the reports of one patient."""
        belief = joint.hyperprior.beliefs["day_length"]
        white = (DAY_LENGTHS.log() - math.log(belief.centre)) / belief.spread
        below = torch.special.ndtr((white[1:] + white[:-1]) / 2)
        ends = torch.tensor([0.0, 1.0], dtype=DTYPE)
        mass = torch.cat([ends[:1], below, ends[1:]]).diff()
        column = list(joint.hyperprior.beliefs).index("day_length")
        return cls(joint=joint, column=column, white=white, log_mass=mass.log())

    def potential(self, white: Tensor) -> Tensor:
        """Return minus the log density at standard normal coordinates ``(h,)``; the day length's is left to its prior.

        Not a number where no covariance can be factorised: NUTS ends a trajectory there and counts it as divergent.
        """
        return 0.5 * white.square().sum() - self._log_likelihoods(white[None])[0].logsumexp(0)

    def drawn(self, white: Tensor) -> Tensor:
        """Return coordinates ``(s, h)`` with a day length drawn from what reports and the other coordinates leave of it."""
        chances = self._log_likelihoods(white).softmax(1)
        which = torch.multinomial(chances, 1)[:, 0]
        return white.index_copy(1, torch.tensor([self.column]), self.white[which][:, None])

    def _log_likelihoods(self, white: Tensor) -> Tensor:
        """Return the log likelihood at each tabulated length plus the log of its prior mass, ``(s, g)``."""
        s, g = len(white), len(self.white)
        lengths = self.white.repeat(s)[:, None]
        rows = white.repeat_interleave(g, 0).index_copy(1, torch.tensor([self.column]), lengths)
        return self.joint.log_likelihood(rows).reshape(s, g) + self.log_mass


if __name__ == "__main__":
    main()
