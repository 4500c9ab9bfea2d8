"""What every peer is told of a course: one line a rated trial, with relief and the worst grade."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimizer.history import History
from optimizer.problem import Problem
from optimizer.rating import ratings
from optimizer.space.settings import Settings
from optimizer.trial import UNSTIMULATED, Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One rated trial."""

    settings: Settings
    relief: float
    """Mean of its ratings as relief, in points of the scale; larger is better."""
    grade: float
    """Worst side-effect grade, a hard stop counted as severe; 0 where none was reported."""


def told(problem: Problem, history: History) -> tuple[Told, ...]:
    """Return the trials a peer learns from, in order; one without rating or off the grid says nothing it could use."""
    return tuple(
        Told(
            settings=facts.trial.applied.settings,
            relief=float(
                np.mean([problem.objective.relief(rating.value, problem.outcome) for rating in rated])
            ),
            grade=max((_grade(problem, report) for report in facts.side_effects), default=0.0),
        )
        for facts in history.facts
        if (rated := ratings(problem, facts))
        and facts.trial.applied.settings is not None
        and facts.trial.kind not in UNSTIMULATED
    )


def best_expected(
    problem: Problem, trials: Sequence[Told], relief: NDArray[np.float64], grade: NDArray[np.float64]
) -> Settings | None:
    """Return the tried settings of most expected relief among those reported and expected tolerable, or None.

    Args:
        problem: The course's problem.
        trials: What was tried.
        relief: Expected at each trial's settings, ``(n,)``.
        grade: Expected there, ``(n,)``; plays no part where tolerability does not apply.

    Returns:
        Tried settings. A model of few reports can smooth a bad one away; nobody would keep what was reported intolerable.
    """
    if problem.tolerability is not None:
        limit = problem.tolerability.limit_grade
        past = {trial.settings for trial in trials if trial.grade > limit}
        reported = np.array([trial.settings not in past for trial in trials], dtype=np.bool_)
        relief = np.where(reported & (grade <= limit), relief, -np.inf)
    best = int(relief.argmax())
    return trials[best].settings if relief[best] > -np.inf else None


def _grade(problem: Problem, report: Report) -> float:
    grade = report.value or 0.0
    if problem.tolerability is not None and problem.is_severe(report.kind, grade):
        return max(grade, problem.tolerability.severe_grade)
    return grade
