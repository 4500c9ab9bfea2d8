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
from optimizer.outcomes.side_effect import Tolerability

SLIP = 0.02
"""Probability that a grade is a slip and says nothing [A]."""
RUNG_SD = 0.10
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
        share = self.tolerability.limit_grade / GRADE_RANGE
        level = self.intensity.log_intensity(values, points) / values["grade_slope"]
        grade = GRADE_RANGE * torch.sigmoid(math.log(share / (1 - share)) + level)
        return grade * (points.amplitude_ma > LOWEST_CURRENT_MA)

    def p_intolerable(self, values: Mapping[str, Tensor], points: Points) -> Tensor:
        """Return the probability of a report above the limit, ``(s, c)``."""
        bound = self.tolerability.limit_grade + (0.5 if self.whole else 0.0)
        return torch.special.ndtr((self.expected(values, points) - bound) / values["grade_noise"])

    def log_densities(self, values: Mapping[str, Tensor], dataset: Dataset) -> Tensor:
        """Return the log probability of each grade and of each ramp rung, ``(s, m + r)``."""
        return torch.cat([self._log_grades(values, dataset), self._log_rungs(values, dataset)], dim=1)

    def _log_grades(self, values: Mapping[str, Tensor], dataset: Dataset) -> Tensor:
        """Rounding and both ends of the scale are part of the likelihood, ``(s, m)``."""
        grade, sd = dataset.grade[None, :], values["grade_noise"]
        mean = self.expected(values, dataset.graded)
        half = 0.5 if self.whole else 0.25
        upper = torch.where(grade >= GRADE_RANGE, torch.inf, (grade + half - mean) / sd)
        lower = torch.where(grade <= 0.0, -torch.inf, (grade - half - mean) / sd)
        inside = torch.special.ndtr(upper) - torch.special.ndtr(lower)
        return torch.log((1 - SLIP) * inside.clamp_min(0.0) + SLIP / (GRADE_RANGE + 1.0))

    def _log_rungs(self, values: Mapping[str, Tensor], dataset: Dataset) -> Tensor:
        """Perception and discomfort are readings of the thresholds; a tolerated rung only bounds one, ``(s, r)``."""
        level = self.intensity.log_intensity(values, dataset.rungs)
        tolerated = torch.special.log_ndtr(-level / RUNG_SD)
        perceived = _log_normal_density(level + values["perception_window"])
        uncomfortable = _log_normal_density(level)
        outcome = dataset.rung_outcome[None, :]
        return torch.where(outcome < 0, tolerated, torch.where(outcome > 0, uncomfortable, perceived))


def _log_normal_density(deviation: Tensor) -> Tensor:
    return -0.5 * (deviation / RUNG_SD) ** 2 - math.log(RUNG_SD * math.sqrt(2 * math.pi))
