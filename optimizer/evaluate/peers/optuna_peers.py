"""Optuna's Gaussian process and tree-structured Parzen samplers, asked and told, with the grade as constraint.

A fresh study is told the whole history at every ask, so that a session can be rebuilt from it. Its seed is keyed by the
number of trials: with one seed for all, every ask of the random start would draw the same point.

Source:
    Optuna documentation: ``GPSampler`` and ``TPESampler`` with their defaults; constraints by ``create_trial``, which
    takes the place of ``constraints_func`` since version 5.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
import optuna
import torch
from numpy.typing import NDArray

from optimizer.ask import Ask
from optimizer.decision import Decision
from optimizer.evaluate.peers.grid import ask_seed, nearest_legal
from optimizer.evaluate.peers.policy import PeerPolicy
from optimizer.evaluate.peers.told import Told, told
from optimizer.history import History
from optimizer.policies.baseline import answer, permitted
from optimizer.problem import Problem
from optimizer.space.parameter import Parameter, Value
from optimizer.space.settings import Settings

N_ASKS = 10
"""How often a study is asked again when its answer breaks a hard limit or the envelope."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OptunaSession:
    """A sampler on one course."""

    problem: Problem
    seed: int
    name: str
    sampler: Callable[..., optuna.samplers.BaseSampler]

    def decide(self, history: History, ask: Ask) -> Decision:
        """Tell a fresh study the history and propose what it asks for, or the nearest legal settings."""
        history = history.as_of(ask.at)
        with torch.enable_grad():  # the Gaussian process is fitted by gradient
            chosen = self._asked(history, ask)
        return answer(self.problem, history, ask, chosen, policy=self.name, seed=self.seed)

    def _asked(self, history: History, ask: Ask) -> Settings | None:
        axes = {
            parameter.name: axis_of(parameter, mask)
            for parameter, mask in zip(self.problem.space.parameters, self.problem.index_masks, strict=True)
        }
        study = self._study(axes, told(self.problem, history), ask_seed(self.seed, history))
        wishes: list[Settings] = []
        for _ in range(N_ASKS):
            trial = study.ask({name: axis.distribution for name, axis in axes.items()})
            wish = self.problem.space.at([axes[name].index(trial.params[name]) for name in axes])
            if permitted(self.problem, ask, np.array([wish.indices], dtype=np.int64))[0]:
                return wish
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
            wishes.append(wish)
        return nearest_legal(self.problem, history, ask, wishes[0], seed=self.seed)

    def _study(self, axes: dict[str, "Axis"], trials: tuple[Told, ...], seed: int) -> optuna.Study:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        study = optuna.create_study(direction="maximize", sampler=self.sampler(seed=seed))
        tolerability = self.problem.tolerability
        for trial in trials:
            places = dict(zip(trial.settings.names, trial.settings.indices, strict=True))
            if any(places[name] not in axis.levels for name, axis in axes.items()):
                continue  # outside the envelope: a study cannot be told of what it may not ask for
            study.add_trial(
                optuna.trial.create_trial(
                    value=trial.relief,
                    params={name: axis.value(places[name]) for name, axis in axes.items()},
                    distributions={name: axis.distribution for name, axis in axes.items()},
                    constraints=None
                    if tolerability is None
                    else {"grade": trial.grade - tolerability.limit_grade},
                )
            )
        return study


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """One parameter as Optuna sees it: equal steps as numbers, unequal ones by their order, categories as such."""

    parameter: Parameter
    levels: tuple[int, ...]
    """Grid indices inside the envelope."""
    distribution: optuna.distributions.BaseDistribution

    def value(self, index: int) -> Value:
        """Return a grid index as the value Optuna is told."""
        if isinstance(self.distribution, optuna.distributions.IntDistribution):
            return self.levels.index(index)
        return self.parameter.levels[index]

    def index(self, value: Value) -> int:
        """Return the grid index of what Optuna asks for."""
        if isinstance(self.distribution, optuna.distributions.IntDistribution):
            return self.levels[int(value)]
        return self.parameter.index_of(value)


def axis_of(parameter: Parameter, mask: NDArray[np.bool_]) -> Axis:
    """Return a parameter, as far as the envelope allows it, as a distribution of Optuna."""
    levels = tuple(int(index) for index in np.flatnonzero(mask))
    inside = [parameter.levels[index] for index in levels]
    if parameter.is_categorical:
        distribution = optuna.distributions.CategoricalDistribution(inside)
    else:
        numbers = [parameter.numbers[index] for index in levels]
        steps = {round(b - a, 9) for a, b in pairwise(numbers)}
        distribution = (
            optuna.distributions.FloatDistribution(numbers[0], numbers[-1], step=steps.pop())
            if len(steps) == 1
            else optuna.distributions.IntDistribution(0, len(levels) - 1)
        )
    return Axis(parameter=parameter, levels=levels, distribution=distribution)


OPTUNA_GP = PeerPolicy(name="optuna_gp/1", session=partial(OptunaSession, sampler=optuna.samplers.GPSampler))
OPTUNA_TPE = PeerPolicy(
    name="optuna_tpe/1", session=partial(OptunaSession, sampler=optuna.samplers.TPESampler)
)
