"""Patients drawn from the prior itself: the truth must fall anywhere among our draws, as often in one place as in another.

Source:
    Talts, Betancourt, Simpson, Vehtari and Gelman (2018), Validating Bayesian inference algorithms with simulation-based
    calibration, arXiv:1804.06788.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor

from optimizer.models import hyperposterior
from optimizer.models.dataset import DTYPE, Dataset, Points, dataset_of, points_of
from optimizer.models.joint import Joint, joint_of
from optimizer.models.likelihood import noise_of
from optimizer.models.tolerability import GRADE_RANGE, SLIP
from optimizer.prior import NO_PRIOR
from optimizer.problem import Problem
from tests.optimizer.models.courses import START, asked, indices, tonic

N_TRIALS = 12
MATTER = (
    "effect",
    "onset",
    "rate_best_hz",
    "width_best_us",
    "position_mm",
    "spread_mm",
    "residual_sd",
    "noise_sd",
    "day_sd",
    "start_margin",
    "chronaxie_us",
    "grade_slope",
    "grade_noise",
)
LOWEST_P = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """What is asked of every simulated patient."""

    problem: Problem
    start: Points
    tried: Points
    elsewhere: Points
    """One point where relief is to be predicted."""
    template: Dataset
    """Days and counts of a course of ``N_TRIALS`` days, one rating each."""

    def joint(self, relief: Tensor, grade: Tensor) -> Joint:
        """Return the joint model given these reports."""
        dataset = replace(self.template, points=self.tried, graded=self.tried, relief=relief, grade=grade)
        return joint_of(self.problem, dataset, self.start, prior=NO_PRIOR)


@pytest.fixture(scope="module")
def design() -> Design:
    problem = tonic()
    rows = [{**START, "pain": 5, "discomfort": 1}] * N_TRIALS
    history, _ = asked(problem, rows)
    generator = np.random.default_rng(0)
    found = problem.space.draw(generator, 4_000)
    amplitude_ma = problem.space.columns(found).amplitude_ma
    near = found[(amplitude_ma > 3.0) & (amplitude_ma < 6.5)]
    start = points_of(problem, indices(problem, START))
    return Design(
        problem=problem,
        start=start,
        tried=start.joined(points_of(problem, near[: N_TRIALS - 1])),
        elsewhere=points_of(problem, near[N_TRIALS : N_TRIALS + 1]),
        template=dataset_of(problem, history),
    )


def simulated(design: Design, generator: torch.Generator) -> tuple[Joint, Tensor, float]:
    """A patient from the prior: the joint model given their reports, their white coordinates, their relief elsewhere."""
    empty = design.joint(torch.zeros(N_TRIALS, dtype=DTYPE), torch.zeros(N_TRIALS, dtype=DTYPE))
    white = torch.randn(1, empty.hyperprior.size, generator=generator, dtype=DTYPE)
    values = empty.hyperprior.values(white)
    points = design.tried.joined(design.elsewhere)
    seen = empty.relief.at(values, points)
    covariance = empty.relief.covariance(seen.inputs, seen.inputs)[0]
    root = torch.linalg.cholesky(covariance + 1e-9 * torch.eye(len(points), dtype=DTYPE))
    relief = seen.mean[0] + root @ torch.randn(len(points), generator=generator, dtype=DTYPE)
    nothing = torch.zeros(1, N_TRIALS, N_TRIALS, dtype=DTYPE)
    noise = torch.linalg.cholesky(noise_of(values, empty.dataset).added_to(nothing)[0])
    ratings = relief[:N_TRIALS] + noise @ torch.randn(N_TRIALS, generator=generator, dtype=DTYPE)
    return design.joint(ratings, grades(empty, values, generator)), white, float(relief[-1])


def grades(empty: Joint, values: dict[str, Tensor], generator: torch.Generator) -> Tensor:
    """Side-effect grades as the model says they come about: rounded, clipped, at times a slip."""
    assert empty.grades is not None
    expected = empty.grades.expected(values, empty.dataset.graded)[0]
    noisy = expected + values["grade_noise"][0] * torch.randn(N_TRIALS, generator=generator, dtype=DTYPE)
    slips = torch.randint(0, int(GRADE_RANGE) + 1, (N_TRIALS,), generator=generator).to(DTYPE)
    slipped = torch.rand(N_TRIALS, generator=generator, dtype=DTYPE) < SLIP
    return torch.where(slipped, slips, noisy.round().clamp(0.0, GRADE_RANGE))


def ranks(design: Design, n_patients: int) -> dict[str, np.ndarray]:
    """Share of our draws below the truth, by quantity, ties broken at random: uniform on 0..1 if all is right."""
    generator = torch.Generator().manual_seed(20_260_101)
    found: dict[str, list[float]] = {name: [] for name in (*MATTER, "relief elsewhere")}
    for number in range(n_patients):
        joint, white, truth = simulated(design, generator)
        draws = hyperposterior.draw(joint.portions(number), joint.hyperprior.size, number)
        names = list(joint.hyperprior.beliefs)
        for name in MATTER:
            column = names.index(name)
            found[name].append(float((draws.white[:, column] < white[0, column]).double().mean()))
        prediction = joint.given(draws.white, draws.effective_sample_size).predict(design.elsewhere)
        # every draw's prediction is a normal, so the share below the truth has a closed form
        standard = (truth - prediction.mean) / prediction.variance.sqrt()
        found["relief elsewhere"].append(float(torch.special.ndtr(standard).mean()))
    jitter = np.random.default_rng(0)
    n = hyperposterior.N_DRAWS
    return {
        name: np.array(shares)
        if name == "relief elsewhere"
        else (np.array(shares) * n + jitter.uniform(size=len(shares))) / (n + 1)
        for name, shares in found.items()
    }


@pytest.fixture(scope="module")
def places(design: Design, full_counts: bool) -> dict[str, np.ndarray]:
    return ranks(design, 300 if full_counts else 60)


def p_values(places: dict[str, np.ndarray]) -> dict[str, float]:
    return {name: float(stats.kstest(found, "uniform").pvalue) for name, found in places.items()}


@pytest.mark.acceptance
def test_the_truth_ranks_evenly_among_our_draws(
    places: dict[str, np.ndarray], acceptance_folder: Path
) -> None:
    p = p_values(places)
    lines = [
        "# Simulation-based calibration",
        "",
        f"{len(places['effect'])} patients drawn from the prior, {N_TRIALS} trials each, one rating and one side-effect grade a",
        f"trial. Rank of the truth among {hyperposterior.N_DRAWS} draws; if draws and truth come from the same distribution, ranks",
        "are uniform (Kolmogorov-Smirnov test): a tenth below the first decile, a tenth above the last. Asked for: p above .01.",
        "",
        "| quantity | p | below 10 % | above 90 % |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {name} | {p[name]:.4f} | {(found < 0.1).mean():.2f} | {(found > 0.9).mean():.2f} |"
        for name, found in places.items()
    ]
    page = acceptance_folder / "simulation-based-calibration.md"
    page.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert {name: value for name, value in p.items() if value <= LOWEST_P} == {}
