"""Side effects by kind, graded 0 to 10 (sections 2.7 and 7.1).

The notes give the probability of an uncomfortable report by window position. A grade that passes 4.5 with that
probability, and so is reported as 5 or more, carries the same information on the scale the course asks for.
"""

import numpy as np

from optimizer.simulate.cohort import Cohort
from optimizer.simulate.effect import sigmoid
from optimizer.simulate.stimulus import Stimulus
from optimizer.simulate.streams import Array, stream
from optimizer.simulate.thresholds import window_position

UNCOMFORTABLE_GRADE = 4.5
"""Halfway between the last tolerable report and the first intolerable one."""

KINDS = ("discomfort", "muscle_twitch", "rib_sensation", "skin_irritation")
"""Kinds this patient can have; a course may ask for fewer."""

IRRITATION_GRADE = 3.0
"""Irritated skin is a nuisance, below the limit of what is tolerable [A]."""


def discomfort_grade(cohort: Cohort, u: Array) -> Array:
    """Return the expected grade of discomfort before it is bounded to 0-10, ``(p, c)``."""
    above = u - cohort["uncomfortable_position"]
    return np.asarray(UNCOMFORTABLE_GRADE + cohort["grades_per_window"] * above)


def expected_grade(cohort: Cohort, stimulus: Stimulus, perception: Array, kind: str) -> Array:
    """Return the expected grade of one kind, 0 to 10, ``(p, c)``; 0 for a kind this therapy does not cause."""
    u = window_position(cohort, stimulus.amplitude_ma, perception)
    if kind == "discomfort":
        return np.clip(discomfort_grade(cohort, u), 0.0, 10.0)
    chance, grade = occurrence(cohort, stimulus, perception, kind)
    return np.asarray(chance * grade)


def occurrence(cohort: Cohort, stimulus: Stimulus, perception: Array, kind: str) -> tuple[Array, Array]:
    """Return probability and grade of a side effect that is there or not, ``(p, c)`` each."""
    u = window_position(cohort, stimulus.amplitude_ma, perception)
    if kind == "muscle_twitch":
        relative = stimulus.amplitude_ma / (cohort["motor_ratio"] * perception)
        return sigmoid((relative - 1.0) / cohort["motor_scale"]), np.clip(
            3.0 + 20.0 * (relative - 1.0), 1, 10
        )
    if kind == "rib_sensation":
        levels = np.arange(1, cohort.preset.levels + 1)
        nearness = np.exp(-np.abs(levels - cohort["rib_level"])) @ stimulus.cathodes.T
        chance = sigmoid((u - cohort["rib_position"]) / cohort["rib_scale"]) * nearness
        return np.asarray(chance), np.clip(3.0 + 5.0 * (u - 1.0), 1.0, 10.0)
    if kind == "skin_irritation":
        # whose skin is irritated is the person's own; how strongly they are stimulated plays no part
        prone = (
            stream(cohort.seed, "irritable skin").random((cohort.size, 1)) < cohort["skin_irritation_share"]
        )
        chance = prone * cohort["skin_irritation_daily"] * (stimulus.amplitude_ma > 0)
        return np.asarray(chance), np.full_like(u, IRRITATION_GRADE)
    return np.zeros_like(u), np.zeros_like(u)


def reported_grade(
    cohort: Cohort, stimulus: Stimulus, perception: Array, kind: str, occasion: str, day: int
) -> Array:
    """Return the whole-number grade reported for one setting, ``(p, 1)``.

    Args:
        cohort: ``p`` patients.
        stimulus: One setting.
        perception: Perception threshold in mA, ``(p, 1)``.
        kind: Of the side effect.
        occasion: Keys the randomness within the day.
        day: Days since the first trial.
    """
    draws = stream(cohort.seed, f"grade {kind} {occasion}", day).random((cohort.size, 1))
    if kind == "discomfort":
        u = window_position(cohort, stimulus.amplitude_ma, perception)
        scale = cohort["grades_per_window"] * cohort["uncomfortable_scale"]
        noise = scale * np.log((draws + 1e-12) / (1.0 - draws))
        return np.clip(np.rint(discomfort_grade(cohort, u) + noise), 0.0, 10.0) + 0.0  # no negative zero
    chance, grade = occurrence(cohort, stimulus, perception, kind)
    return np.asarray(np.where(draws < chance, np.rint(grade), 0.0))
