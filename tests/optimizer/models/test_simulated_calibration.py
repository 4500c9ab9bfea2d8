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
    "drift_sd",
)
RELIEF = "relief elsewhere"
RATING = "the next rating there"
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
    """Days and counts of a course of ``N_TRIALS`` days, one rating each, asked on the day after."""

    def joint(self, relief: Tensor, grade: Tensor) -> Joint:
        """Return the joint model given these reports."""
        dataset = replace(self.template, points=self.tried, graded=self.tried, relief=relief, grade=grade)
        return joint_of(self.problem, dataset, self.start, prior=NO_PRIOR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """A patient from the prior."""

    joint: Joint
    """Of the reports they gave."""
    white: Tensor
    """``(1, h)`` their own coordinates."""
    relief: float
    """At the point elsewhere."""
    rating: float
    """What they would say there on the day asked on."""


def design_of(problem: Problem) -> Design:
    rows = [{**START, "pain": 5, "discomfort": 1}] * N_TRIALS
    history, ask = asked(problem, rows)
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
        template=dataset_of(problem, history, ask.at),
    )


def simulated(design: Design, generator: torch.Generator, tomorrow: torch.Generator) -> Patient:
    """Return a patient; the day after has luck of its own, so that asking about it changes nobody's course."""
    empty = design.joint(torch.zeros(N_TRIALS, dtype=DTYPE), torch.zeros(N_TRIALS, dtype=DTYPE))
    white = torch.randn(1, empty.hyperprior.size, generator=generator, dtype=DTYPE)
    values = empty.hyperprior.values(white)
    points = design.tried.joined(design.elsewhere)
    seen = empty.relief.at(values, points)
    covariance = empty.relief.covariance(seen.inputs, seen.inputs)[0]
    root = torch.linalg.cholesky(covariance + 1e-9 * torch.eye(len(points), dtype=DTYPE))
    relief = seen.mean[0] + root @ torch.randn(len(points), generator=generator, dtype=DTYPE)
    noise = torch.linalg.cholesky(apart(empty.dataset, values))
    luck = [
        torch.randn(size, generator=of, dtype=DTYPE) for size, of in ((N_TRIALS, generator), (1, tomorrow))
    ]
    ratings = relief + noise @ torch.cat(luck)
    return Patient(
        joint=design.joint(ratings[:N_TRIALS], grades(empty, values, generator)),
        white=white,
        relief=float(relief[-1]),
        rating=float(ratings[-1]),
    )


def apart(dataset: Dataset, values: dict[str, Tensor]) -> Tensor:
    """Covariance of what ratings differ from relief by: those of the course, then one on the day asked on."""
    nothing = torch.zeros(1, N_TRIALS, N_TRIALS, dtype=DTYPE)
    drift = values.get("drift_sd", torch.zeros(1, 1, dtype=DTYPE)).square()[0]
    found = torch.zeros(N_TRIALS + 1, N_TRIALS + 1, dtype=DTYPE)
    found[:-1, :-1] = noise_of(values, dataset).added_to(nothing)[0]
    found[-1, :-1] = found[:-1, -1] = drift * dataset.to_now
    found[-1, -1] = (values["noise_sd"].square() + values["day_sd"].square())[0, 0] + drift[0]
    return found


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
    generator, tomorrow = (torch.Generator().manual_seed(seed) for seed in (20_260_101, 20_260_102))
    found: dict[str, list[float]] = {}
    for number in range(n_patients):
        patient = simulated(design, generator, tomorrow)
        joint = patient.joint
        draws = hyperposterior.draw(joint.portions(number), joint.hyperprior.size, number)
        for column, name in enumerate(joint.hyperprior.beliefs):
            if name in MATTER:
                below = (draws.white[:, column] < patient.white[0, column]).double().mean()
                found.setdefault(name, []).append(float(below))
        surrogate = joint.given(draws.white, draws.effective_sample_size)
        prediction = surrogate.predict(design.elsewhere)
        for name, truth, (mean, variance) in (
            (RELIEF, patient.relief, (prediction.mean, prediction.variance)),
            (RATING, patient.rating, surrogate.report(prediction)),
        ):
            # every draw's prediction is a normal, so the share below the truth has a closed form
            below = torch.special.ndtr((truth - mean) / variance.sqrt()).mean()
            found.setdefault(name, []).append(float(below))
    jitter = np.random.default_rng(0)
    n = hyperposterior.N_DRAWS
    return {
        name: np.array(shares)
        if name in (RELIEF, RATING)
        else (np.array(shares) * n + jitter.uniform(size=len(shares))) / (n + 1)
        for name, shares in found.items()
    }


def p_value(places: np.ndarray) -> float:
    return float(stats.kstest(places, "uniform").pvalue)


def cells(places: np.ndarray | None) -> str:
    if places is None:
        return " | | "
    return f"{p_value(places):.4f} | {(places < 0.1).mean():.2f} | {(places > 0.9).mean():.2f}"


@pytest.mark.acceptance
def test_the_truth_ranks_evenly_among_our_draws(full_counts: bool, acceptance_folder: Path) -> None:
    n_patients = 300 if full_counts else 60
    steady, drifting = (
        ranks(design_of(tonic(**expected)), n_patients) for expected in ({}, {"drift_expected": True})
    )
    lines = [
        "# Simulation-based calibration",
        "",
        f"{n_patients} patients drawn from the prior, {N_TRIALS} trials each, one rating and one side-effect grade a trial; and as many",
        "whose pain drifts by itself, in courses told to expect it (`drift_expected`). Rank of the truth among",
        f"{hyperposterior.N_DRAWS} draws; if draws and truth come from the same distribution, ranks are uniform (Kolmogorov-Smirnov",
        "test): a tenth below the first decile, a tenth above the last. Asked for: p above .01; of those whose pain drifts, as so many",
        "are looked at, above .01 in all of them together (Bonferroni). Relief is predicted at settings that were not tried; the next",
        "rating is given there on the day after the last trial.",
        "",
        "| quantity | p | below 10 % | above 90 % | with drift: p | below 10 % | above 90 % |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [f"| {name} | {cells(steady.get(name))} | {cells(found)} |" for name, found in drifting.items()]
    page = acceptance_folder / "simulation-based-calibration.md"
    page.write_text("\n".join(lines) + "\n", encoding="utf-8")
    for some, lowest in ((steady, LOWEST_P), (drifting, LOWEST_P / len(drifting))):
        p = {name: p_value(found) for name, found in some.items()}
        assert {name: value for name, value in p.items() if value <= lowest} == {}
