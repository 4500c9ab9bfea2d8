"""BayBE: its Bayesian recommender on a table of legal settings; relief and tolerability as one desirability.

BayBE has no outcome constraint. Its maintainers advise a target transformation that makes the region to be kept out of
undesirable: here a sigmoid of the grade that falls from 0.9 at the limit to 0.1 one point above, in a geometric mean with
relief on its scale. It lists every candidate of a space; of a million settings it is given a new random table at every ask.

Source:
    BayBE documentation: objectives (desirability), targets (normalised ramp and sigmoid), search spaces from tables,
    recommenders; emdgroup/baybe issues 603 (outcome constraints) and 365, 569 (size of a space).
"""

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch
from baybe.objectives import DesirabilityObjective, SingleTargetObjective
from baybe.parameters import CategoricalParameter, NumericalDiscreteParameter
from baybe.recommenders import BotorchRecommender
from baybe.searchspace import SearchSpace
from baybe.settings import Settings as BaybeSettings
from baybe.targets import NumericalTarget

from optimizer.ask import Ask
from optimizer.decision import Decision
from optimizer.evaluate.peers.grid import Grid, ask_seed, nearest_legal
from optimizer.evaluate.peers.policy import PeerPolicy
from optimizer.evaluate.peers.told import Told, best_expected, told
from optimizer.history import History
from optimizer.policies.baseline import answer
from optimizer.problem import Problem
from optimizer.space.settings import Settings

if TYPE_CHECKING:
    from baybe.objectives.base import Objective

N_CANDIDATES = 10_000
"""Rows of the table of candidates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BaybeSession:
    """BayBE on one course; its Bayesian phase begins, by its own default, with the first measurement."""

    problem: Problem
    seed: int
    name: str

    def decide(self, history: History, ask: Ask) -> Decision:
        """Recommend from a fresh table of legal settings; a random row of it as long as nothing was rated."""
        history = history.as_of(ask.at)
        grid = Grid(problem=self.problem)
        trials = grid.inside(told(self.problem, history))
        rng = np.random.default_rng([self.seed, len(history)])
        legal = [self.problem.space.at(row) for row in grid.draw(ask, rng, N_CANDIDATES)]
        chosen, keep = (legal[int(rng.integers(len(legal)))] if legal else None), None
        if legal and trials:
            with warnings.catch_warnings(), torch.enable_grad():
                # BayBE's own use of other libraries; what matters to a course is in its answer
                warnings.simplefilter("ignore")
                with BaybeSettings(random_seed=ask_seed(self.seed, history)):
                    wish, keep = self._recommend(grid, legal, trials)
            chosen = nearest_legal(self.problem, history, ask, wish, seed=self.seed)
        return answer(self.problem, history, ask, chosen, policy=self.name, seed=self.seed, keep=keep)

    def _recommend(
        self, grid: Grid, legal: list[Settings], trials: tuple[Told, ...]
    ) -> tuple[Settings, Settings | None]:
        parameters = [
            CategoricalParameter(parameter.name, values)
            if parameter.is_categorical
            else NumericalDiscreteParameter(parameter.name, values)
            for parameter, values in grid.axes
        ]
        table = pd.DataFrame([grid.row(settings) for settings in legal])
        space = SearchSpace.from_dataframe(table, parameters)
        recommender = BotorchRecommender(acquisition_function="qLogNEI")
        found = recommender.recommend(1, space, self._objective(), self._measurements(grid, trials))
        wish = grid.settings({str(name): value for name, value in found.iloc[0].items()})
        return wish, self._kept(grid, recommender, space, trials)

    def _objective(self) -> "Objective":
        scale = self.problem.outcome
        relief = [self.problem.objective.relief(value, scale) for value in (scale.low, scale.high)]
        target = NumericalTarget.normalized_ramp("relief", cutoffs=(min(relief), max(relief)))
        if self.problem.tolerability is None:
            return SingleTargetObjective(target)
        limit = self.problem.tolerability.limit_grade
        tolerable = NumericalTarget.normalized_sigmoid("grade", anchors=[(limit, 0.9), (limit + 1.0, 0.1)])
        return DesirabilityObjective([target, tolerable])

    def _measurements(self, grid: Grid, trials: tuple[Told, ...]) -> pd.DataFrame:
        table = pd.DataFrame([grid.row(trial.settings) for trial in trials])
        table["relief"] = [trial.relief for trial in trials]
        if self.problem.tolerability is not None:
            table["grade"] = [trial.grade for trial in trials]
        return table

    def _kept(
        self, grid: Grid, recommender: BotorchRecommender, space: SearchSpace, trials: tuple[Told, ...]
    ) -> Settings | None:
        surrogate = recommender.get_surrogate(space, self._objective(), self._measurements(grid, trials))
        expected = surrogate.posterior_stats(
            pd.DataFrame([grid.row(t.settings) for t in trials]), stats=("mean",)
        )
        grade = expected["grade_mean"] if "grade_mean" in expected else np.zeros(len(trials))
        return best_expected(self.problem, trials, np.array(expected["relief_mean"]), np.array(grade))


BAYBE = PeerPolicy(name="baybe/1", session=BaybeSession)
