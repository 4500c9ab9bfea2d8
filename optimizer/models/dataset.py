"""A history as the tensors the surrogate reads: trials aggregated to their sufficient statistics.

Sizes: ``n`` trials with a rating, ``m`` side-effect grades, ``r`` thresholds met on ramps, ``c`` points, ``d`` parameters.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime

import numpy as np
import torch
from torch import Tensor

from optimizer.history import History
from optimizer.models import postures
from optimizer.models.pooling import DAY_LENGTHS, DTYPE, Rated, pool
from optimizer.models.thresholds import Thresholds, brackets, thresholds_of
from optimizer.outcomes.side_effect import Nature
from optimizer.problem import Problem
from optimizer.rating import ratings
from optimizer.space.constraint import Columns
from optimizer.space.encoding import unit_rows
from optimizer.space.parameter import GRID_TOLERANCE
from optimizer.space.search_space import Indices
from optimizer.trial import UNSTIMULATED, Facts, Posture

__all__ = ["DAY_LENGTHS", "DTYPE", "Dataset", "Points", "dataset_of", "points_of"]


@dataclass(frozen=True, slots=True)
class Points:
    """Settings as the surrogate reads them; every tensor ``(c,)`` unless said."""

    amplitude_ma: Tensor
    pulse_width_us: Tensor
    frequency_hz: Tensor
    duty: Tensor
    configuration: Tensor
    """Index into the configurations, 64-bit integers."""
    posture: Tensor
    """Codes of ``optimizer.models.postures``, 64-bit integers."""
    rows: Tensor
    """``(c, e)`` unit-cube rows in grid steps, for spaces without stimulation."""

    def __len__(self) -> int:
        """Return the number of points."""
        return len(self.amplitude_ma)

    @property
    def columns(self) -> tuple[Tensor, ...]:
        """All of them, in the order above."""
        return tuple(getattr(self, column.name) for column in fields(self))

    def take(self, index: Tensor) -> "Points":
        """Return some of the points, by integer index or mask."""
        return Points(*(column[index] for column in self.columns))

    def joined(self, other: "Points") -> "Points":
        """Return these points followed by others."""
        pairs = zip(self.columns, other.columns, strict=True)
        return Points(*(torch.cat(pair) for pair in pairs))

    def in_posture(self, posture: int) -> "Points":
        """Return the same settings, all in one posture."""
        return replace(self, posture=torch.full_like(self.posture, posture))


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """What a history says, as numbers."""

    points: Points
    """Settings of the ``n`` rows of ratings: one a trial, unless these are too many."""
    trial: Tensor
    """``(n,)`` number of the trial each row begins with, in order; 64-bit integers like the two below."""
    relief: Tensor
    """``(n,)`` mean relief of each row, in points, larger is better."""
    n_reports: Tensor
    """``(n,)`` ratings behind each mean."""
    scatter: Tensor
    """``(n,)`` sum of their squared deviations from it."""
    alike: Tensor
    """``(g, n, n)`` how much the days of two rows resemble each other, at each of ``DAY_LENGTHS``."""
    to_now: Tensor
    """``(n,)`` how much the days of each row resemble the day asked on, at the length of drift; decides no draw."""
    report_ids: tuple[tuple[str, ...], ...]
    """Ids of the ratings behind each mean."""
    n_ratings: int
    """Ratings on record that could be placed."""
    n_left_out: int
    """Of these, the oldest that were too many to be used."""
    graded: Points
    """Settings of the ``m`` side-effect grades; kinds that grow with intensity only."""
    grade: Tensor
    """``(m,)``"""
    graded_trial: Tensor
    """``(m,)``"""
    rungs: Points
    """Settings of the rungs from which the brackets of ``r`` thresholds are counted."""
    thresholds: Thresholds
    postures: tuple[Posture, ...] = ()
    """Those with a threshold of their own."""

    @property
    def n_trials(self) -> int:
        """Trials up to the last one that says something."""
        said = torch.cat([self.trial, self.graded_trial, self.thresholds.trial])
        return int(said.max()) + 1 if len(said) else 0

    @property
    def n_rated_trials(self) -> int:
        """Trials with a rating, however many postures or times each was rated in; of a long course, as they are pooled."""
        return len(self.trial.unique())

    def until(self, trial: int) -> "Dataset":
        """Return what the trials before one say."""
        rated, graded, met = self.trial < trial, self.graded_trial < trial, self.thresholds.trial < trial
        return replace(
            self,
            points=self.points.take(rated),
            trial=self.trial[rated],
            relief=self.relief[rated],
            n_reports=self.n_reports[rated],
            scatter=self.scatter[rated],
            alike=self.alike[:, rated][:, :, rated],
            to_now=self.to_now[rated],
            graded=self.graded.take(graded),
            grade=self.grade[graded],
            graded_trial=self.graded_trial[graded],
            rungs=self.rungs.take(met),
            thresholds=self.thresholds.take(met),
        )

    def spelled(self, ends: Sequence[int]) -> Iterator[bytes]:
        """Yield all the surrogate reads of the trials up to each end, beside what it read up to the end before."""
        met = self.thresholds
        facts = (
            (self.trial, (*self.points.columns, self.relief, self.n_reports, self.scatter)),
            (self.graded_trial, (*self.graded.columns, self.grade)),
            (met.trial, (*self.rungs.columns, met.low, met.high, met.felt)),
        )
        tables = [
            (trial.numpy(), np.column_stack([column.numpy() for column in columns]))
            for trial, columns in facts
        ]
        alike, first = self.alike.numpy(), [0] * len(tables)
        for end in ends:
            last = [int(np.searchsorted(trial, end)) for trial, _ in tables]
            new = [rows[a:b].tobytes() for (_, rows), a, b in zip(tables, first, last, strict=True)]
            seen = alike[:, first[0] : last[0], : last[0]].tobytes()
            yield np.array([end, *first, *last]).tobytes() + b"".join(new) + seen
            first = last


def points_of(problem: Problem, indices: Indices) -> Points:
    """Return grid points as the surrogate reads them."""
    return _points(problem.space.columns(indices), _grid_rows(problem, indices))


def dataset_of(problem: Problem, history: History, at: datetime | None = None) -> Dataset:
    """Return a history as tensors.

    Trials off the grid count with their raw values; on a space without stimulation, where a point is its grid index,
    they cannot be placed and are left out.

    Args:
        problem: Declares scales and the objective (which turns outcomes into relief).
        history: As of the ask.
        at: When it is asked; at the latest rating where left out.

    Returns:
        The dataset; any of its parts may be empty.
    """
    learned = postures.learned_from(problem, history)
    rated = _rated(problem, history, learned)
    keys = [tuple(sorted(_values(facts).items())) for facts in history.facts]
    pooled = pool(rated, keys, None if at is None or not rated else _day(history, at))
    points = _points_of_trials(problem, [history.facts[trial] for trial in pooled.trials])
    graded, grade, graded_trial = _grades(problem, history, learned)
    rungs, thresholds = _thresholds(problem, history)
    return Dataset(
        points=replace(points, posture=pooled.postures),
        trial=torch.tensor(pooled.trials, dtype=torch.int64),
        relief=pooled.relief,
        n_reports=pooled.n_reports,
        scatter=pooled.scatter,
        alike=pooled.alike,
        to_now=pooled.to_now,
        report_ids=pooled.report_ids,
        n_ratings=int(pooled.n_reports.sum()) + pooled.left_out,
        n_left_out=pooled.left_out,
        graded=graded,
        grade=grade,
        graded_trial=graded_trial,
        rungs=rungs,
        thresholds=thresholds,
        postures=learned,
    )


def _rated(problem: Problem, history: History, learned: Sequence[Posture]) -> list[Rated]:
    """Each rating with its posture and the day it was given, by trial, then by time."""
    found = [
        Rated(
            trial=number,
            posture=postures.code(rating.posture, learned),
            day=_day(history, rating.occurred_at),
            relief=problem.objective.relief(rating.value, problem.outcome),
            report_ids=rating.report_ids,
        )
        for number, facts in enumerate(history.facts)
        if _placed(problem, facts)
        for rating in ratings(problem, facts)
    ]
    return sorted(found, key=lambda rated: (rated.trial, rated.day, rated.report_ids))


def _day(history: History, at: datetime) -> float:
    return (at - history.trials[0].occurred_at).total_seconds() / 86400


def _placed(problem: Problem, facts: Facts) -> bool:
    if facts.trial.applied.settings is not None:
        return True
    if not problem.has_stimulation:
        return False
    columns = problem.space.columns_of([facts.trial.applied.values])
    numbers = [columns.amplitude_ma[0], columns.pulse_width_us[0]]
    return bool(np.isfinite(numbers).all() and columns.configuration[0] >= 0)


def _grades(problem: Problem, history: History, learned: Sequence[Posture]) -> tuple[Points, Tensor, Tensor]:
    """Worst intensity-related grade per trial, instant and posture: five kinds at zero are not five observations."""
    worst: dict[tuple[int, object, int], float] = {}
    for number, facts in enumerate(history.facts):
        if not _placed(problem, facts) or facts.trial.kind in UNSTIMULATED:
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
            key = (number, report.occurred_at, postures.code(report.posture, learned))
            worst[key] = max(worst.get(key, 0.0), report.value)
    points = _points_of_trials(problem, [history.facts[number] for number, _, _ in worst])
    codes = torch.tensor([code for _, _, code in worst], dtype=torch.int64)
    trials = torch.tensor([number for number, _, _ in worst], dtype=torch.int64)
    return replace(points, posture=codes), torch.tensor(list(worst.values()), dtype=DTYPE), trials


def _thresholds(problem: Problem, history: History) -> tuple[Points, Thresholds]:
    """Thresholds met while ramping, and the rungs they are counted from."""
    values, found, trials = [], [], []
    for number, facts in enumerate(history.facts):
        if not _placed(problem, facts):
            continue
        for bracket in brackets(facts.trial.ramp):
            values.append({**facts.trial.applied.values, "amplitude_ma": bracket.amplitude_ma})
            found.append(bracket)
            trials.append(number)
    columns = problem.space.columns_of(list(values))
    rungs = _points(columns, torch.zeros(len(values), 0, dtype=DTYPE))
    return rungs, thresholds_of(found, trials)


def _points_of_trials(problem: Problem, trials: Sequence[Facts]) -> Points:
    if problem.has_stimulation:
        columns = problem.space.columns_of([_values(facts) for facts in trials])
        return _points(columns, torch.zeros(len(trials), 0, dtype=DTYPE))
    settings = [facts.trial.applied.settings for facts in trials]
    indices = np.array([s.indices for s in settings if s is not None], dtype=np.int64)
    return points_of(problem, indices.reshape(-1, len(problem.space.parameters)))


def _values(facts: Facts) -> dict[str, float | str]:
    """Applied values; with stimulation off the amplitude is zero whatever was programmed."""
    off = facts.trial.kind in UNSTIMULATED
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
        return torch.from_numpy(np.nan_to_num(values, nan=fallback))

    return Points(
        amplitude_ma=column(columns.amplitude_ma, 0.0).clamp_min(0.0),
        pulse_width_us=column(columns.pulse_width_us, 300.0).clamp_min(GRID_TOLERANCE),
        frequency_hz=column(columns.frequency_hz, 40.0).clamp_min(GRID_TOLERANCE),
        duty=column(columns.duty, 1.0).clamp_min(1e-4),
        configuration=torch.tensor(np.maximum(columns.configuration, 0), dtype=torch.int64),
        posture=torch.full((len(columns.amplitude_ma),), postures.REFERENCE, dtype=torch.int64),
        rows=rows,
    )
