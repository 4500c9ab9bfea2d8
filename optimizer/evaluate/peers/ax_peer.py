"""Ax: its client with the defaults of its generation strategy, an outcome constraint on the grade, the grid as choices.

A fresh client is told the whole history at every ask, so that a session can be rebuilt from it. The start is attached as
the baseline and counts towards the five initial trials, in place of the centre of the space; Sobol points make up the
rest; then comes Bayesian optimisation with expected improvement that minds noise and constraint.

Source:
    Ax documentation: ask-tell tutorial, outcome constraints, ``Client``; an ordered choice is what ``step_size`` becomes.
"""

import logging
import warnings
from dataclasses import dataclass

import torch
from ax.api.client import Client
from ax.api.configs import ChoiceParameterConfig
from ax.utils.common.logger import set_ax_logger_levels

from optimizer.ask import Ask
from optimizer.decision import Decision
from optimizer.evaluate.peers.grid import Grid, ask_seed, nearest_legal
from optimizer.evaluate.peers.policy import PeerPolicy
from optimizer.evaluate.peers.told import Told, told
from optimizer.history import History
from optimizer.policies.baseline import answer
from optimizer.problem import Problem
from optimizer.space.settings import Settings

N_START = 5
"""Initial trials of Ax's default strategy, the attached start counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AxSession:
    """Ax on one course."""

    problem: Problem
    seed: int
    name: str

    def decide(self, history: History, ask: Ask) -> Decision:
        """Tell a fresh client the history and propose what it generates, or the nearest legal settings."""
        history = history.as_of(ask.at)
        grid = Grid(problem=self.problem)
        trials = grid.inside(told(self.problem, history))
        set_ax_logger_levels(logging.ERROR)  # it tells of every trial otherwise
        with warnings.catch_warnings(), torch.enable_grad():
            # Ax's own use of other libraries; what matters to a course is in its answer
            warnings.simplefilter("ignore")
            if len(trials) < N_START:
                wish, keep = self._initial(grid, trials), None
            else:
                client = self._client(grid, ask_seed(self.seed, history), trials)
                wish = grid.settings(_only(client.get_next_trials(max_trials=1)))
                keep = self._kept(client, grid)
        chosen = nearest_legal(self.problem, history, ask, wish, seed=self.seed)
        return answer(self.problem, history, ask, chosen, policy=self.name, seed=self.seed, keep=keep)

    def _initial(self, grid: Grid, trials: tuple[Told, ...]) -> Settings:
        """Return the point of this place in the initial sequence, which depends on the seed and on no report."""
        client = self._client(grid, self.seed, trials[:1])
        number = max(len(trials), 1)
        generated = client.get_next_trials(max_trials=number)
        return grid.settings(generated[max(generated)])

    def _client(self, grid: Grid, seed: int, trials: tuple[Told, ...]) -> Client:
        client = Client(random_seed=seed % 2**31)
        client.configure_experiment(
            parameters=[
                ChoiceParameterConfig(
                    name=parameter.name,
                    values=list(values),
                    parameter_type="str" if parameter.is_categorical else "float",
                    is_ordered=not parameter.is_categorical,
                )
                for parameter, values in grid.axes
            ]
        )
        tolerability = self.problem.tolerability
        constraints = [] if tolerability is None else [f"grade <= {tolerability.limit_grade:g}"]
        client.configure_optimization(objective="relief", outcome_constraints=constraints)
        # with a trial attached Ax skips the centre by itself, but then takes a client told much at once for a beginner
        client.configure_generation_strategy(
            initialization_random_seed=seed % 2**31, initialize_with_center=False
        )
        for number, trial in enumerate(trials):
            attach = client.attach_trial if number else client.attach_baseline
            report = {"relief": trial.relief} | ({"grade": trial.grade} if tolerability is not None else {})
            client.complete_trial(attach(parameters=grid.row(trial.settings)), raw_data=report)
        return client

    def _kept(self, client: Client, grid: Grid) -> Settings:
        """Return what Ax names as the best tried: most relief expected, never one observed past the constraint."""
        best, _, _, _ = client.get_best_parameterization()
        return grid.settings(best)


def _only(generated: dict[int, dict[str, object]]) -> dict[str, object]:
    return next(iter(generated.values()))


AX = PeerPolicy(name="ax/1", session=AxSession)
