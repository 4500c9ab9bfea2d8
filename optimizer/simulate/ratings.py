"""From felt pain to the whole number a patient marks, and whether a number is marked at all (section 7.1)."""

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from optimizer.simulate.cohort import Cohort
from optimizer.simulate.streams import Array, stream


class Completeness(StrEnum):
    """How often patients answer."""

    COMPLETE = "complete"
    """In clinic, with somebody asking."""
    SUPERVISED = "supervised"
    REAL_WORLD = "real_world"


def whole_number(cohort: Cohort, latent_nrs: Array, occasion: str, day: int) -> Array:
    """Return the rating marked for a felt pain.

    Personal cut-points, attraction to the end points (1 becomes 0, 9 becomes 10), and rare slips two or three off.

    Args:
        cohort: ``p`` patients.
        latent_nrs: Felt pain with all its noise, ``(p, 1)``.
        occasion: Keys the randomness within the day.
        day: Days since the first trial.

    Returns:
        Whole numbers from 0 to 10, ``(p, 1)``.
    """
    rating = (latent_nrs > cohort.cuts_nrs).sum(axis=1, keepdims=True).astype(np.float64)
    draws = stream(cohort.seed, f"marking {occasion}", day).random((cohort.size, 3))
    attracted = draws[:, :1] < cohort["end_point_attraction"]
    rating = np.where(attracted & (rating == 1), 0.0, rating)
    rating = np.where(attracted & (rating == 9), 10.0, rating)
    distance = np.where(draws[:, 2:] < 0.5, 2.0, 3.0)
    towards = np.where(rating >= 5, -distance, distance)
    return np.asarray(np.where(draws[:, 1:2] < cohort["slip_probability"], rating + towards, rating))


def answers(cohort: Cohort, completeness: Completeness, occasion: str, day: int) -> NDArray[np.bool_]:
    """Return who answers, ``(p, 1)``; silence has nothing to do with the pain."""
    if completeness is Completeness.COMPLETE:
        return np.ones((cohort.size, 1), dtype=np.bool_)
    supervised = completeness is Completeness.SUPERVISED
    chance = cohort["answer_probability_supervised" if supervised else "answer_probability"]
    chance = chance * np.exp(-max(day, 0) / cohort["answer_decay_days"])
    draws = stream(cohort.seed, f"answering {occasion}", day).random((cohort.size, 1))
    return np.asarray(draws < chance)
