"""The device grid inside the envelope as a library outside sees it: named values, what is fixed left out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from optimizer.ask import Ask
from optimizer.evaluate.peers.told import Told
from optimizer.history import History
from optimizer.policies.baseline import permitted
from optimizer.policies.nearest import nearest
from optimizer.problem import Problem
from optimizer.space.parameter import Parameter, Value
from optimizer.space.search_space import Indices
from optimizer.space.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Grid:
    """The parameters that the envelope leaves free, with their levels inside it."""

    problem: Problem

    @cached_property
    def legal_levels(self) -> tuple[NDArray[np.int64], ...]:
        """Grid indices inside the envelope, one array a parameter."""
        return tuple(np.flatnonzero(mask) for mask in self.problem.index_masks)

    @cached_property
    def axes(self) -> tuple[tuple[Parameter, tuple[Value, ...]], ...]:
        """Each free parameter with its values inside the envelope, in the order of the space."""
        return tuple(
            (parameter, tuple(parameter.levels[index] for index in levels))
            for parameter, levels in zip(self.problem.space.parameters, self.legal_levels, strict=True)
            if len(levels) > 1
        )

    def row(self, settings: Settings) -> dict[str, Value]:
        """Return settings as the values of the free parameters."""
        return {parameter.name: settings[parameter.name] for parameter, _ in self.axes}

    def settings(self, row: Mapping[str, object]) -> Settings:
        """Return what a library names as a grid point, numbers by the nearest level inside the envelope."""
        indices = [int(levels[0]) for levels in self.legal_levels]
        for axis, parameter in enumerate(self.problem.space.parameters):
            if parameter.name not in row:
                continue
            value, levels = row[parameter.name], self.legal_levels[axis]
            if parameter.is_categorical:
                indices[axis] = parameter.index_of(str(value))
            else:
                numbers = np.array(parameter.numbers)[levels]
                indices[axis] = int(levels[np.abs(numbers - float(str(value))).argmin()])
        return self.problem.space.at(indices)

    def inside(self, trials: Iterable[Told]) -> tuple[Told, ...]:
        """Return the trials inside the envelope: a library cannot be told of what it may not name."""
        return tuple(
            trial
            for trial in trials
            if self.problem.inside_envelope(np.array([trial.settings.indices], dtype=np.int64))[0]
        )

    def draw(self, ask: Ask, rng: np.random.Generator, size: int) -> Indices:
        """Return the distinct points that may be named among ``size`` uniform draws inside the envelope, ``(c, d)``."""
        drawn = np.stack([rng.choice(levels, size=size) for levels in self.legal_levels], axis=1)
        named: Indices = np.unique(drawn[permitted(self.problem, ask, drawn)], axis=0)
        return named


def nearest_legal(
    problem: Problem, history: History, ask: Ask, wish: Settings, *, seed: int
) -> Settings | None:
    """Return a wish that may be named, else the settings nearest to it that may; None where there are none."""

    def may_be_named(indices: Indices) -> NDArray[np.bool_]:
        return permitted(problem, ask, indices)

    rng = np.random.default_rng([seed, len(history)])
    return nearest(problem, wish, ask.in_force.settings, may_be_named, rng)


def ask_seed(seed: int, history: History) -> int:
    """Return a seed of this ask alone: with one for all, a library started anew would draw the same point each time."""
    return int(np.random.SeedSequence([seed, len(history)]).generate_state(1)[0])
