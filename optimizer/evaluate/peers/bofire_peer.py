"""BoFire: its strategy for one objective with a constrained output, the grid as discrete and categorical inputs.

A fresh strategy is told the whole history at every ask. It opens with a short Sobol sequence, the start counted, as its
getting-started page does with random points. The acquisition is its default, noisy log expected improvement with the
probability of meeting the constraint.

Source:
    BoFire documentation: getting started, ``SoboStrategy``, black-box output constraints by sigmoid objectives (with the
    steepness of its own benchmarks), mixed search spaces.
"""

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import bofire.strategies.api as strategies
import numpy as np
import pandas as pd
import torch
from bofire.data_models.domain.api import Domain, Inputs, Outputs
from bofire.data_models.features.api import CategoricalInput, ContinuousOutput, DiscreteInput
from bofire.data_models.objectives.api import MaximizeObjective, MinimizeSigmoidObjective
from bofire.data_models.strategies.api import BotorchOptimizer, RandomStrategy, SoboStrategy

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
    from bofire.strategies.api import PredictiveStrategy

N_START = 5
"""Rated trials before the first model."""
STEEPNESS = 1_000.0
"""Of the sigmoid that stands for the constraint: a step, as in BoFire's benchmarks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoFireSession:
    """BoFire on one course."""

    problem: Problem
    seed: int
    name: str

    def decide(self, history: History, ask: Ask) -> Decision:
        """Tell a fresh strategy the history and propose what it asks for, or the nearest legal settings."""
        history = history.as_of(ask.at)
        grid = Grid(problem=self.problem)
        trials = grid.inside(told(self.problem, history))
        with warnings.catch_warnings(), torch.enable_grad():
            # BoFire's own use of other libraries; what matters to a course is in its answer
            warnings.simplefilter("ignore")
            if len(trials) < N_START:
                wish, keep = self._initial(grid, len(trials)), None
            else:
                strategy = self._strategy(grid, ask_seed(self.seed, history), trials)
                wish = _only(grid, strategy.ask(candidate_count=1))
                keep = self._kept(grid, strategy, trials)
        chosen = nearest_legal(self.problem, history, ask, wish, seed=self.seed)
        return answer(self.problem, history, ask, chosen, policy=self.name, seed=self.seed, keep=keep)

    def _initial(self, grid: Grid, number: int) -> Settings:
        """Return the point of this place in the initial sequence, which depends on the seed and on no report."""
        random = strategies.map(
            RandomStrategy(
                domain=Domain(inputs=_inputs(grid)), fallback_sampling_method="SOBOL", seed=self.seed
            )
        )
        points = random.ask(candidate_count=N_START)
        return _only(grid, points.iloc[[number]])

    def _strategy(self, grid: Grid, seed: int, trials: tuple[Told, ...]) -> "PredictiveStrategy":
        outputs = [ContinuousOutput(key="relief", objective=MaximizeObjective())]
        tolerability = self.problem.tolerability
        if tolerability is not None:
            limit = MinimizeSigmoidObjective(tp=tolerability.limit_grade, steepness=STEEPNESS)
            outputs.append(ContinuousOutput(key="grade", objective=limit))
        strategy = strategies.map(
            SoboStrategy(
                domain=Domain(inputs=_inputs(grid), outputs=Outputs(features=outputs)),
                # a million combinations are climbed, not listed
                acquisition_optimizer=BotorchOptimizer(
                    prefer_exhaustive_search_for_purely_categorical_domains=False
                ),
                seed=seed,
            )
        )
        strategy.tell(self._experiments(grid, trials))
        return strategy

    def _experiments(self, grid: Grid, trials: tuple[Told, ...]) -> pd.DataFrame:
        table = pd.DataFrame([grid.row(trial.settings) for trial in trials])
        table["relief"], table["valid_relief"] = [trial.relief for trial in trials], 1
        if self.problem.tolerability is not None:
            table["grade"], table["valid_grade"] = [trial.grade for trial in trials], 1
        return table

    def _kept(self, grid: Grid, strategy: "PredictiveStrategy", trials: tuple[Told, ...]) -> Settings | None:
        expected = strategy.predict(pd.DataFrame([grid.row(trial.settings) for trial in trials]))
        grade = expected["grade_pred"] if "grade_pred" in expected else np.zeros(len(trials))
        return best_expected(self.problem, trials, np.array(expected["relief_pred"]), np.array(grade))


def _inputs(grid: Grid) -> Inputs:
    return Inputs(
        features=[
            CategoricalInput(key=parameter.name, categories=list(values))
            if parameter.is_categorical
            else DiscreteInput(key=parameter.name, values=list(values))
            for parameter, values in grid.axes
        ]
    )


def _only(grid: Grid, candidates: pd.DataFrame) -> Settings:
    return grid.settings({str(name): value for name, value in candidates.iloc[0].items()})


BOFIRE = PeerPolicy(name="bofire/1", session=BoFireSession)
