"""Reports and hyperparameters of one patient together, and the surrogate that follows from them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from enum import Enum
from hashlib import blake2b

import numpy as np
import torch
from msgspec import UnsetType
from torch import Tensor

from optimizer.errors import FitError
from optimizer.models import hyperposterior, postures
from optimizer.models.dataset import DTYPE, Dataset, Points, points_of
from optimizer.models.hyperposterior import Aside, LogDensities, Memory, Portion, Reports
from optimizer.models.hyperprior import Hyperprior
from optimizer.models.intensity import Intensity, intensity_of
from optimizer.models.likelihood import drift_beliefs, factorised, log_densities, noise_of
from optimizer.models.relief import Relief, relief_of
from optimizer.models.surrogate import Surrogate
from optimizer.models.tolerability import Grades
from optimizer.prior import Prior
from optimizer.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Joint:
    """Reports and hyperparameters of one patient together: what the draws are drawn from."""

    dataset: Dataset
    relief: Relief
    grades: Grades | None
    hyperprior: Hyperprior
    felt_in: tuple[int, ...]
    """As of :class:`Surrogate`."""

    def log_densities(self, white: Tensor) -> Tensor:
        """Return the log density of each report given those before it, ``(s, i)``.

        Args:
            white: ``(s, h)`` standard normal coordinates.

        Returns:
            Rows of ratings in their order, then side-effect grades, then thresholds met on ramps.
        """
        values = self.hyperprior.values(white)
        rated = log_densities(self.relief, values, self.dataset)
        if self.grades is None:
            return rated
        return torch.cat([rated, self.grades.log_densities(values, self.dataset)], dim=1)

    def log_likelihood(self, white: Tensor) -> Tensor:
        """Return the log density of all reports, ``(s,)``, given standard normal coordinates ``(s, h)``."""
        return self.log_densities(white).sum(1)

    def sampled(self, seed: int, memory: Memory | None = None) -> Surrogate:
        """Return the surrogate under draws of the hyperparameters from their posterior.

        Args:
            seed: Of the draws.
            memory: Of earlier asks; spares time only.

        Returns:
            The surrogate; errors as of :func:`fit`.
        """
        draws = hyperposterior.draw(self.portions(seed), self.hyperprior.size, seed, memory)
        return self.given(draws.white, draws.effective_sample_size)

    def portions(self, seed: int) -> tuple[Portion, ...]:
        """Return the reports by trials, in the portions they are let in by."""
        name = blake2b(_spelled((self.relief, self.grades, self.hyperprior, seed)), digest_size=16)
        ends, found, before = tuple(_ends(self.dataset.n_trials)), [], 0
        for until, said in zip(ends, self.dataset.spelled(ends), strict=True):
            name.update(said)
            found.append(self._portion(before, until, name.digest()))
            before = until
        return tuple(found)

    def _portion(self, before: int, until: int, key: bytes) -> Portion:
        def read() -> Reports:
            known = replace(self, dataset=self.dataset.until(until))
            new = known.trials >= before
            return Reports(log_densities=known.log_densities, new=new, aside=known._aside(new))  # noqa: SLF001

        return Portion(number=until, key=key, read=read)

    def _aside(self, new: Tensor) -> Aside | None:
        """Return what only side effects depend on: an intensity once known, their densities cost next to nothing."""
        n_ratings = len(self.dataset.relief)
        if self.grades is None or len(new) == n_ratings:
            return None
        grades, own = self.grades, self.hyperprior.only(self.grades.beliefs)

        def given(white: Tensor) -> LogDensities:
            levels = grades.levels(self.hyperprior.values(white), self.dataset)
            return lambda moved: grades.log_densities_at(levels, own.values(moved), self.dataset)

        return Aside(columns=self.hyperprior.columns(grades.beliefs), given=given, new=new[n_ratings:])

    @property
    def trials(self) -> Tensor:
        """Number of the trial each report belongs to, ``(i,)``, in the order of :meth:`log_densities`."""
        data = self.dataset
        return (
            data.trial
            if self.grades is None
            else torch.cat([data.trial, data.graded_trial, data.thresholds.trial])
        )

    def given(self, white: Tensor, effective_sample_size: float) -> Surrogate:
        """Return the surrogate under equally weighted draws.

        Args:
            white: ``(s, h)`` standard normal coordinates.
            effective_sample_size: How well they were had.

        Returns:
            The surrogate.

        Raises:
            FitError: If a factorisation failed.
        """
        values = self.hyperprior.values(white)
        seen = self.relief.at(values, self.dataset.points)
        factor, failed = factorised(self.relief, seen, noise_of(values, self.dataset))
        if bool((failed != 0).any()):
            raise FitError(
                "history", "gives a covariance that cannot be factorised", remedy="Review the reports."
            )
        residual = (self.dataset.relief - seen.mean)[..., None]
        return Surrogate(
            dataset=self.dataset,
            values=values,
            relief=self.relief,
            grades=self.grades,
            seen=seen,
            factor=factor,
            white=torch.linalg.solve_triangular(factor, residual, upper=False),
            felt_in=self.felt_in,
            effective_sample_size=effective_sample_size,
        )


ONE_BY_ONE = 30
"""Trials that are let in one by one: an ask after each lets in one anyway, and each moves the draws on for those to come."""
LONGER = 1.1
"""Each later portion ends at this many times the trial the one before ended at. Longer portions would let in so much at once that
few draws survive; shorter ones would make the first ask of a course slower, and the draws no better."""


def _spelled(content: object) -> bytes:
    """Return bytes that are equal where all that an object holds is equal."""
    match content:
        case Tensor():
            return b"%s%s%s" % (
                str(content.dtype).encode(),
                str(content.shape).encode(),
                content.numpy().tobytes(),
            )
        case Mapping():
            return b"{%s}" % b",".join(map(_spelled, content.items()))
        case tuple():
            return b"(%s)" % b",".join(map(_spelled, content))
        case None | UnsetType() | Enum() | str() | int() | float():
            return repr(content).encode()
    parts = tuple(getattr(content, field.name) for field in fields(content))  # type: ignore[arg-type]
    return type(content).__qualname__.encode() + _spelled(parts)


def _ends(n_trials: int) -> Iterator[int]:
    """Yield up to which trial each portion reaches: the same for all courses, so that a longer one begins like a shorter."""
    end = 1
    while end < n_trials:
        yield end
        end = end + 1 if end < ONE_BY_ONE else round(LONGER * end)
    if n_trials:
        yield n_trials


def joint_of(problem: Problem, dataset: Dataset, start: Points, *, prior: Prior) -> Joint:
    """Return what relates reports to hyperparameters; arguments as of :func:`fit`."""
    intensity = intensity_of(problem, start, dataset.postures)
    relief = relief_of(problem, intensity, _population(problem, prior), prior.weight)
    grades = _grades(problem, intensity)
    beliefs = relief.beliefs | drift_beliefs(problem)
    if problem.has_stimulation:
        beliefs |= intensity.beliefs
    if grades is not None:
        beliefs |= grades.beliefs
    hyperprior = Hyperprior(beliefs).replaced(prior.hyperparameters)
    return Joint(
        dataset=dataset,
        relief=relief,
        grades=grades,
        hyperprior=hyperprior,
        felt_in=postures.felt_in(problem.postures, dataset.postures),
    )


def fit(problem: Problem, dataset: Dataset, start: Points, *, prior: Prior, seed: int) -> Surrogate:
    """Condition the surrogate on a dataset.

    Args:
        problem: Declares space, outcomes, tolerability.
        dataset: From ``dataset_of``.
        start: One point: where the course started.
        prior: Population's mean and hyperparameters.
        seed: Of the draws.

    Returns:
        The surrogate.

    Raises:
        FitError: If no hyperparameters explain the reports, or a factorisation failed.
    """
    return joint_of(problem, dataset, start, prior=prior).sampled(seed)


def _grades(problem: Problem, intensity: Intensity) -> Grades | None:
    if problem.tolerability is None or not problem.has_stimulation:
        return None
    whole = all(effect.scale.whole for effect in problem.side_effects)
    return Grades(intensity=intensity, tolerability=problem.tolerability, whole=whole)


def _population(problem: Problem, prior: Prior) -> Tensor | None:
    """The prior's mean as rows of the unit cube in grid steps; problems with stimulation take hyperparameters only."""
    if not prior.points or problem.has_stimulation:
        return None
    rows = points_of(problem, np.array(prior.points, dtype=np.int64)).rows
    return torch.cat([rows, torch.tensor(prior.values, dtype=DTYPE)[:, None]], dim=1)
