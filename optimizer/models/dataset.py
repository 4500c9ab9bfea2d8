"""A history as the tensors the surrogate reads: trials aggregated to their sufficient statistics.

Sizes: ``n`` trials with a rating, ``m`` side-effect grades, ``r`` ramp rungs, ``c`` points, ``d`` parameters.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from optimizer.history import History, ratings
from optimizer.outcomes.side_effect import Nature
from optimizer.problem import Problem
from optimizer.space.constraint import Columns
from optimizer.space.encoding import unit_rows
from optimizer.space.parameter import GRID_TOLERANCE
from optimizer.space.search_space import Indices
from optimizer.trial import Facts, RungOutcome, TrialKind

DTYPE = torch.float64
"""Double precision throughout: the factorisations are small and must not fail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """Settings as the surrogate reads them; every tensor ``(c,)`` unless said."""

    amplitude_ma: Tensor
    pulse_width_us: Tensor
    frequency_hz: Tensor
    duty: Tensor
    configuration: Tensor
    """Index into the configurations, 64-bit integers."""
    rows: Tensor
    """``(c, e)`` unit-cube rows in grid steps, for spaces without stimulation."""

    def __len__(self) -> int:
        """Return the number of points."""
        return len(self.amplitude_ma)

    def take(self, index: Tensor) -> "Points":
        """Return some of the points, by integer index or mask."""
        return Points(
            amplitude_ma=self.amplitude_ma[index],
            pulse_width_us=self.pulse_width_us[index],
            frequency_hz=self.frequency_hz[index],
            duty=self.duty[index],
            configuration=self.configuration[index],
            rows=self.rows[index],
        )

    def joined(self, other: "Points") -> "Points":
        """Return these points followed by others."""
        return Points(
            amplitude_ma=torch.cat([self.amplitude_ma, other.amplitude_ma]),
            pulse_width_us=torch.cat([self.pulse_width_us, other.pulse_width_us]),
            frequency_hz=torch.cat([self.frequency_hz, other.frequency_hz]),
            duty=torch.cat([self.duty, other.duty]),
            configuration=torch.cat([self.configuration, other.configuration]),
            rows=torch.cat([self.rows, other.rows]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """What a history says, as numbers."""

    points: Points
    """Settings of the ``n`` rated trials."""
    relief: Tensor
    """``(n,)`` mean relief of each trial, in points, larger is better."""
    n_reports: Tensor
    """``(n,)`` ratings behind each mean."""
    day: Tensor
    """``(n,)`` days since the first trial."""
    report_ids: tuple[tuple[str, ...], ...]
    """Ids of the ratings behind each mean."""
    graded: Points
    """Settings of the ``m`` side-effect grades; kinds that grow with intensity only."""
    grade: Tensor
    """``(m,)``"""
    rungs: Points
    """Settings of the ``r`` informative ramp rungs."""
    rung_outcome: Tensor
    """``(r,)`` -1 tolerated, 0 perception, 1 discomfort."""


def points_of(problem: Problem, indices: Indices) -> Points:
    """Return grid points as the surrogate reads them."""
    return _points(problem.space.columns(indices), _grid_rows(problem, indices))


def dataset_of(problem: Problem, history: History) -> Dataset:
    """Return a history as tensors.

    Trials off the grid count with their raw values; on a space without stimulation, where a point is its grid index,
    they cannot be placed and are left out.

    Args:
        problem: Declares scales and the objective (which turns outcomes into relief).
        history: As of the ask.

    Returns:
        The dataset; any of its parts may be empty.
    """
    rated = [facts for facts in history.facts if ratings(problem, facts) and _placed(problem, facts)]
    values = [ratings(problem, facts) for facts in rated]
    relief = [
        np.mean([problem.objective.relief(value, problem.outcome) for value in of_trial])
        for of_trial in values
    ]
    start = history.trials[0].occurred_at if history.trials else None
    days = [(facts.trial.occurred_at - start).total_seconds() / 86400 if start else 0.0 for facts in rated]
    graded, grade = _grades(problem, history)
    rungs, outcome = _rungs(problem, history)
    return Dataset(
        points=_points_of_trials(problem, rated),
        relief=torch.tensor(np.array(relief, dtype=float), dtype=DTYPE),
        n_reports=torch.tensor([float(len(of_trial)) for of_trial in values], dtype=DTYPE),
        day=torch.tensor(days, dtype=DTYPE),
        report_ids=tuple(tuple(report.id for report in facts.pain) for facts in rated),
        graded=graded,
        grade=grade,
        rungs=rungs,
        rung_outcome=outcome,
    )


def _placed(problem: Problem, facts: Facts) -> bool:
    if facts.trial.applied.settings is not None:
        return True
    if not problem.has_stimulation:
        return False
    columns = problem.space.columns_of([facts.trial.applied.values])
    numbers = [columns.amplitude_ma[0], columns.pulse_width_us[0]]
    return bool(np.isfinite(numbers).all() and columns.configuration[0] >= 0)


def _grades(problem: Problem, history: History) -> tuple[Points, Tensor]:
    """Worst intensity-related grade per trial and instant, so that five kinds at zero are not five observations."""
    worst: dict[tuple[int, object], float] = {}
    for number, facts in enumerate(history.facts):
        if not _placed(problem, facts) or facts.trial.kind is TrialKind.STIMULATION_OFF:
            continue
        for report in facts.side_effects:
            effect = problem.side_effect(report.kind)
            if (
                effect is None
                or effect.nature is not Nature.INTENSITY
                or report.value is None
                or not report.stimulation_on
            ):
                continue
            key = (number, report.occurred_at)
            worst[key] = max(worst.get(key, 0.0), report.value)
    trials = [history.facts[number] for number, _ in worst]
    return _points_of_trials(problem, trials), torch.tensor(list(worst.values()), dtype=DTYPE)


def _rungs(problem: Problem, history: History) -> tuple[Points, Tensor]:
    """Perception and discomfort met while ramping, and the strongest rung tolerated."""
    values, outcomes = [], []
    codes = {RungOutcome.TOLERATED: -1, RungOutcome.PERCEPTION: 0, RungOutcome.DISCOMFORT: 1}
    for facts in history.facts:
        if not _placed(problem, facts) or not facts.trial.ramp:
            continue
        for outcome in RungOutcome:
            met = [
                rung.amplitude_ma
                for rung in facts.trial.ramp
                if rung.outcome is outcome and rung.amplitude_ma > 0
            ]
            if met:
                amplitude = max(met) if outcome is RungOutcome.TOLERATED else min(met)
                values.append({**facts.trial.applied.values, "amplitude_ma": amplitude})
                outcomes.append(codes[outcome])
    columns = problem.space.columns_of(list(values))
    return _points(columns, torch.zeros(len(values), 0, dtype=DTYPE)), torch.tensor(outcomes, dtype=DTYPE)


def _points_of_trials(problem: Problem, trials: Sequence[Facts]) -> Points:
    if problem.has_stimulation:
        columns = problem.space.columns_of([_values(facts) for facts in trials])
        return _points(columns, torch.zeros(len(trials), 0, dtype=DTYPE))
    settings = [facts.trial.applied.settings for facts in trials]
    indices = np.array([s.indices for s in settings if s is not None], dtype=np.int64)
    return points_of(problem, indices.reshape(-1, len(problem.space.parameters)))


def _values(facts: Facts) -> dict[str, float | str]:
    """Applied values; with stimulation off the amplitude is zero whatever was programmed."""
    off = facts.trial.kind in (TrialKind.STIMULATION_OFF, TrialKind.BASELINE)
    return {**facts.trial.applied.values, **({"amplitude_ma": 0.0} if off else {})}


def _grid_rows(problem: Problem, indices: Indices) -> Tensor:
    if problem.has_stimulation:
        return torch.zeros(len(indices), 0, dtype=DTYPE)
    steps = [
        np.ones(parameter.size) if parameter.is_categorical else np.array([max(parameter.size - 1, 1.0)])
        for parameter in problem.space.parameters
    ]
    return torch.tensor(unit_rows(problem.space, indices) * np.concatenate(steps), dtype=DTYPE)


def _points(columns: Columns, rows: Tensor) -> Points:
    def column(values: np.ndarray, fallback: float) -> Tensor:
        return torch.tensor(np.nan_to_num(values, nan=fallback), dtype=DTYPE)

    return Points(
        amplitude_ma=column(columns.amplitude_ma, 0.0).clamp_min(0.0),
        pulse_width_us=column(columns.pulse_width_us, 300.0).clamp_min(GRID_TOLERANCE),
        frequency_hz=column(columns.frequency_hz, 40.0).clamp_min(GRID_TOLERANCE),
        duty=column(columns.duty, 1.0).clamp_min(1e-4),
        configuration=torch.tensor(np.maximum(columns.configuration, 0), dtype=torch.int64),
        rows=rows,
    )
