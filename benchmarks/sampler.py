# ruff: noqa: INP001, T201 - a script that runs itself and talks to the terminal
"""How near the draws of the hyperparameters come to those of long runs, on histories of synthetic patients.

The same sampler with sixteen times the draws and three times the moves stands for the truth; how far two of its seeds lie
apart says how far it may be trusted. Run by ``python benchmarks/sampler.py``; prints Markdown.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from ask_time import course, first

from optimizer.acquisition import search
from optimizer.ask import Ask
from optimizer.history import History, applied
from optimizer.models import hyperposterior
from optimizer.models.dataset import Points, dataset_of, points_of
from optimizer.models.joint import Joint, joint_of
from optimizer.models.surrogate import Surrogate
from optimizer.prior import NO_PRIOR
from optimizer.problem import Problem

PATIENTS = range(1, 11)
SIZES = (10, 30)
N_SETTINGS = 200
SEEDS = 4
LONG = {"N_DRAWS": 4096, "N_MOVES": 20, "N_MOVES_YOUNG": 20}
CLOSE_NRS = 0.15
"""Asked of the posterior mean of relief."""
WIDTH = 0.20
"""Asked of the width of its interval, as a share."""


@dataclass(frozen=True, kw_only=True)
class Believed:
    """Relief and risk of 200 settings under some draws; ``(c,)`` each."""

    mean: np.ndarray
    sd: np.ndarray
    p_intolerable: np.ndarray


def main() -> None:
    """Print the table."""
    torch.set_num_threads(1)
    print(
        f"| trials | histories | mean off by, rms | within {CLOSE_NRS}, % | width within {WIDTH:.0%}, % |",
        end="",
    )
    print(" probability of an intolerable report off by, rms | two long runs apart, rms |", end="")
    print(" as many independent draws: off by, rms | within, % |")
    print("|---|---|---|---|---|---|---|---|---|")
    courses = [course(max(SIZES), patient) for patient in PATIENTS]
    for size in SIZES:
        found = [compared(problem, first(history, size)) for problem, history in courses]
        off, width, risk, apart, chance = (np.concatenate(part) for part in zip(*found, strict=True))
        cells = (
            f"{rms(off):.2f}",
            f"{100 * (np.abs(off) <= CLOSE_NRS).mean():.0f}",
            f"{100 * (np.abs(width) <= WIDTH).mean():.0f}",
            f"{rms(risk):.3f}",
            f"{rms(apart):.2f}",
            f"{rms(chance):.2f}",
            f"{100 * (np.abs(chance) <= CLOSE_NRS).mean():.0f}",
        )
        print(f"| {size} | {len(found)} | " + " | ".join(cells) + " |", flush=True)


def compared(problem: Problem, history: History) -> tuple[np.ndarray, ...]:
    """Return how far several runs as served lie from long ones, two long ones from each other, and chance alone."""
    joint, points = asked(problem, history)
    with long():
        runs = [joint.sampled(seed) for seed in (100, 101)]
    one, other = (believed(run, points) for run in runs)
    truth = Believed(
        mean=(one.mean + other.mean) / 2,
        sd=(one.sd + other.sd) / 2,
        p_intolerable=(one.p_intolerable + other.p_intolerable) / 2,
    )
    served = [believed(joint.sampled(seed), points) for seed in range(SEEDS)]
    return (
        np.concatenate([run.mean - truth.mean for run in served]),
        np.concatenate([run.sd / truth.sd - 1.0 for run in served]),
        np.concatenate([run.p_intolerable - truth.p_intolerable for run in served]),
        one.mean - other.mean,
        by_chance(runs[0], points),
    )


def by_chance(run: Surrogate, points: Points) -> np.ndarray:
    """Return how far means over as few draws as are served lie from that of a long run, were they independent."""
    means = run.predict(points).mean.numpy()
    rng = np.random.default_rng(7)
    few = (rng.choice(len(means), hyperposterior.N_DRAWS, replace=False) for _ in range(SEEDS))
    return np.concatenate([means[rows].mean(0) - means.mean(0) for rows in few])


def asked(problem: Problem, history: History) -> tuple[Joint, Points]:
    """Return what the next ask of a course conditions on, and settings near what was tried and far from it."""
    in_force = history.trials[-1].applied
    ask = Ask(at=history.trials[-1].occurred_at, in_force=applied(problem, in_force.values))
    rng = np.random.default_rng(5)
    near = search.near(problem, search.known(problem, history, ask), rng)
    far = search.far(problem, rng)
    near = rng.permutation(near)[: 3 * N_SETTINGS // 4]
    points = np.concatenate([near, rng.permutation(far)[: N_SETTINGS - len(near)]])
    start = problem.space.settings(history.trials[0].applied.values)
    place = points_of(problem, np.array([start.indices], dtype=np.int64))
    joint = joint_of(problem, dataset_of(problem, history), place, prior=NO_PRIOR)
    return joint, points_of(problem, points)


@contextmanager
def long() -> Iterator[None]:
    """Let the sampler take its time."""
    served = {name: getattr(hyperposterior, name) for name in LONG}
    try:
        for name, value in LONG.items():
            setattr(hyperposterior, name, value)
        yield
    finally:
        for name, value in served.items():
            setattr(hyperposterior, name, value)


def rms(values: np.ndarray) -> float:
    """Return the root of the mean square."""
    return float(np.sqrt(np.square(values).mean()))


def believed(surrogate: Surrogate, points: Points) -> Believed:
    """Return what a surrogate says of settings."""
    found = surrogate.predict(points)
    variance = found.variance.mean(0) + found.mean.var(0)
    return Believed(
        mean=found.mean.mean(0).numpy(),
        sd=variance.sqrt().numpy(),
        p_intolerable=surrogate.p_intolerable(points).numpy(),
    )


if __name__ == "__main__":
    main()
