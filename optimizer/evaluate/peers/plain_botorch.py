"""Plain BoTorch: two single-task Gaussian processes and constrained noisy log expected improvement on the grid.

Nothing of our surrogate is in it: default kernels and priors, relief and grade apart, inputs in the unit cube of the
envelope with one column per category. It opens with a short Sobol sequence, the start counted.

Source:
    Ament et al. (2023), Unexpected improvements to expected improvement, NeurIPS; BoTorch documentation, closed-loop
    tutorial with outcome constraints.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from botorch.acquisition.logei import qLogNoisyExpectedImprovement
from botorch.acquisition.objective import GenericMCObjective
from botorch.exceptions.warnings import InputDataWarning
from botorch.fit import fit_gpytorch_mll
from botorch.models.gp_regression import SingleTaskGP
from botorch.models.model_list_gp_regression import ModelListGP
from botorch.optim.optimize import optimize_acqf_discrete
from botorch.sampling.normal import SobolQMCNormalSampler
from botorch.utils.sampling import manual_seed
from gpytorch.mlls import SumMarginalLogLikelihood
from linear_operator.utils.warnings import NumericalWarning
from numpy.typing import NDArray
from torch import Tensor

from optimizer.ask import Ask
from optimizer.decision import Decision
from optimizer.evaluate.peers.policy import PeerPolicy
from optimizer.evaluate.peers.told import Told, best_expected, told
from optimizer.history import History
from optimizer.policies.baseline import answer, permitted
from optimizer.problem import Problem
from optimizer.space.encoding import unit_rows
from optimizer.space.search_space import Indices
from optimizer.space.settings import Settings

N_START = 5
"""Rated trials before the first model."""
N_SOBOL = 1_024
"""Length of the Sobol sequence from which the legal points are taken."""
N_CHOICES = 4_096
N_CLIMBS = 30
"""Steps of the local search on the grid from the best of the choices."""
N_SAMPLES = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainBoTorchSession:
    """Plain BoTorch on one course; keeps nothing between asks."""

    problem: Problem
    seed: int
    name: str

    def decide(self, history: History, ask: Ask) -> Decision:
        """Propose the next legal point of the Sobol start, then the legal point of most expected improvement."""
        history = history.as_of(ask.at)
        trials = told(self.problem, history)
        keep = None
        if len(trials) < N_START:
            chosen = self._sobol(ask, len(trials))
        else:
            with warnings.catch_warnings(), manual_seed(self.seed):
                # grades that are all 0 have no spread to standardise by; a candidate may be a tried point again
                warnings.simplefilter("ignore", InputDataWarning)
                warnings.simplefilter("ignore", NumericalWarning)
                with torch.enable_grad():
                    model = self._fit(trials)
                with torch.no_grad():
                    rng = np.random.default_rng([self.seed, len(history)])
                    chosen = self._improve(model, trials, ask, rng)
                    keep = self._kept(model, trials)
        return answer(self.problem, history, ask, chosen, policy=self.name, seed=self.seed, keep=keep)

    def _levels(self) -> list[NDArray[np.int64]]:
        return [np.flatnonzero(mask) for mask in self.problem.index_masks]

    def _sobol(self, ask: Ask, number: int) -> Settings | None:
        """Return a legal point of the scrambled sequence, by its number among the legal ones."""
        levels = self._levels()
        engine = torch.quasirandom.SobolEngine(len(levels), scramble=True, seed=self.seed)
        unit = engine.draw(N_SOBOL, dtype=torch.float64).numpy()
        drawn = np.stack(
            [legal[np.minimum((u * len(legal)).astype(np.int64), len(legal) - 1)]
             for u, legal in zip(unit.T, levels, strict=True)],
            axis=1,
        )  # fmt: skip
        drawn = drawn[permitted(self.problem, ask, drawn)]
        return self.problem.space.at(drawn[number % len(drawn)]) if len(drawn) else None

    def _fit(self, trials: tuple[Told, ...]) -> ModelListGP:
        rows = self._rows(_indices(trials))
        outcomes = [[trial.relief for trial in trials]]
        if self.problem.tolerability is not None:
            outcomes.append([trial.grade for trial in trials])
        model = ModelListGP(
            *(SingleTaskGP(rows, torch.tensor(values, dtype=torch.float64)[:, None]) for values in outcomes)
        )
        fit_gpytorch_mll(SumMarginalLogLikelihood(model.likelihood, model))
        return model

    def _rows(self, indices: Indices) -> Tensor:
        """Return settings in the unit cube of the envelope, ``(c, e)``."""
        ends = np.array([[levels[0], levels[-1]] for levels in self._levels()], dtype=np.int64).T
        edges = unit_rows(self.problem.space, ends)
        low, high = edges.min(axis=0), edges.max(axis=0)
        rows = unit_rows(self.problem.space, indices)
        return torch.tensor((rows - low) / np.where(high > low, high - low, 1.0))

    def _improve(
        self, model: ModelListGP, trials: tuple[Told, ...], ask: Ask, rng: np.random.Generator
    ) -> Settings | None:
        acquisition = qLogNoisyExpectedImprovement(
            model,
            X_baseline=self._rows(_indices(trials)),
            sampler=SobolQMCNormalSampler(torch.Size([N_SAMPLES]), seed=self.seed),
            objective=GenericMCObjective(_relief_of),
            constraints=self._constraints(),
        )
        drawn = np.stack([rng.choice(legal, size=N_CHOICES) for legal in self._levels()], axis=1)
        choices = drawn[permitted(self.problem, ask, drawn)]
        if not len(choices):
            return None
        return self._climb(acquisition, choices, ask)

    def _constraints(self) -> list[Callable[[Tensor], Tensor]] | None:
        if self.problem.tolerability is None:
            return None
        limit = self.problem.tolerability.limit_grade
        return [lambda samples: samples[..., 1] - limit]

    def _climb(self, acquisition: qLogNoisyExpectedImprovement, choices: Indices, ask: Ask) -> Settings:
        """Return the best of the choices, moved to better neighbours on the grid while there are any."""
        best, value = self._best(acquisition, choices)
        for _ in range(N_CLIMBS):
            around = np.array([near.indices for near in self.problem.space.neighbours(best)], dtype=np.int64)
            around = around[permitted(self.problem, ask, around)]
            if not len(around):
                break
            found, score = self._best(acquisition, around)
            if score <= value:
                break
            best, value = found, score
        return best

    def _best(self, acquisition: qLogNoisyExpectedImprovement, choices: Indices) -> tuple[Settings, float]:
        rows = self._rows(choices)
        found, score = optimize_acqf_discrete(acquisition, q=1, choices=rows)
        place = int((rows == found).all(dim=1).nonzero()[0, 0])
        return self.problem.space.at(choices[place]), float(score)

    def _kept(self, model: ModelListGP, trials: tuple[Told, ...]) -> Settings | None:
        mean = model.posterior(self._rows(_indices(trials))).mean.numpy()
        # without tolerability there is no second outcome
        return best_expected(self.problem, trials, mean[:, 0], mean[:, -1])


def _relief_of(samples: Tensor, X: Tensor | None = None) -> Tensor:  # noqa: ARG001, N803 - BoTorch's name
    """Return the outcome to improve from samples of all, ``(..., outcomes)``."""
    return samples[..., 0]


def _indices(trials: tuple[Told, ...]) -> Indices:
    return np.array([trial.settings.indices for trial in trials], dtype=np.int64)


PLAIN_BOTORCH = PeerPolicy(name="plain_botorch/1", session=PlainBoTorchSession)
