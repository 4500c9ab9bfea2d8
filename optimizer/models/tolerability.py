"""The surrogate of side effects: a grade that rises with intensity, reported in whole numbers with slips.

    grade(x) = 10 logistic(logit(limit / 10) + log(I / I4) / slope)

Monotone in intensity by construction: weaker is never predicted to be worse. ``s`` draws, ``c`` points.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from optimizer.models.dataset import Dataset, Points
from optimizer.models.hyperprior import Belief, log_normal
from optimizer.models.intensity import LOG_PERCEPTION_SHARE, LOWEST_CURRENT_MA, Intensity
from optimizer.models.thresholds import Thresholds
from optimizer.outcomes.side_effect import Tolerability

SLIP = 0.02
"""Probability that a grade is a slip and says nothing [A]."""
THRESHOLD_SD = 0.10
"""SD of a threshold met while ramping, in log current [A]."""
GRADE_RANGE = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Grades:
    """Side-effect grades given hyperparameters."""

    intensity: Intensity
    tolerability: Tolerability
    whole: bool = True

    @property
    def beliefs(self) -> dict[str, Belief]:
        """Priors of slope, noise and window [A]."""
        return {
            "grade_slope": log_normal(0.085, 0.55),
            "grade_noise": log_normal(0.7, 0.35),
            "perception_window": log_normal(LOG_PERCEPTION_SHARE, 0.35),
        }

    def expected(self, values: Mapping[str, Tensor], points: Points) -> Tensor:
        """Return the expected grade, ``(s, c)``; zero without current."""
        return self._grade(values, points, self.intensity.log_intensity(values, points))

    def _grade(self, values: Mapping[str, Tensor], points: Points, level: Tensor) -> Tensor:
        share = self.tolerability.limit_grade / GRADE_RANGE
        grade = GRADE_RANGE * torch.sigmoid(math.log(share / (1 - share)) + level / values["grade_slope"])
        return grade * (points.amplitude_ma > LOWEST_CURRENT_MA)

    def p_intolerable(self, values: Mapping[str, Tensor], points: Points) -> Tensor:
        """Return the probability of a report above the limit, ``(s, c)``."""
        limit = self.tolerability.limit_grade
        # above 4.5 whole numbers begin with 5, as they do above 4
        bound = math.floor(limit) + 0.5 if self.whole else limit
        return torch.special.ndtr((self.expected(values, points) - bound) / values["grade_noise"])

    def log_densities(self, values: Mapping[str, Tensor], dataset: Dataset) -> Tensor:
        """Return the log probability of each grade and of each threshold met on a ramp, ``(s, m + r)``."""
        return self.log_densities_at(self.levels(values, dataset), values, dataset)

    def levels(self, values: Mapping[str, Tensor], dataset: Dataset) -> Tensor:
        """Return the log intensity of what was graded, then of the rungs, ``(s, m + r)``; :attr:`beliefs` play no part."""
        return self.intensity.log_intensity(values, dataset.graded.joined(dataset.rungs))

    def log_densities_at(self, levels: Tensor, values: Mapping[str, Tensor], dataset: Dataset) -> Tensor:
        """Return :meth:`log_densities` where :meth:`levels` are known; of the values only :attr:`beliefs` are read."""
        graded, rungs = levels.split([len(dataset.grade), len(dataset.thresholds)], dim=1)
        return torch.cat(
            [self._log_grades(values, graded, dataset), _log_thresholds(values, rungs, dataset.thresholds)],
            dim=1,
        )

    def _log_grades(self, values: Mapping[str, Tensor], level: Tensor, dataset: Dataset) -> Tensor:
        """Rounding and both ends of the scale are part of the likelihood, ``(s, m)``."""
        grade, sd = dataset.grade[None, :], values["grade_noise"]
        mean = self._grade(values, dataset.graded, level)
        half = 0.5 if self.whole else 0.25
        upper = torch.where(grade >= GRADE_RANGE, torch.inf, (grade + half - mean) / sd)
        lower = torch.where(grade <= 0.0, -torch.inf, (grade - half - mean) / sd)
        inside = torch.special.ndtr(upper) - torch.special.ndtr(lower)
        return torch.log((1 - SLIP) * inside.clamp_min(0.0) + SLIP / (GRADE_RANGE + 1.0))


def _log_thresholds(values: Mapping[str, Tensor], level: Tensor, thresholds: Thresholds) -> Tensor:
    """Discomfort is expected at the limit current, perception a window below it, ``(s, r)``."""
    return thresholds.log_probability(level + values["perception_window"] * thresholds.felt, THRESHOLD_SD)
