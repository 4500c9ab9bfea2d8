"""Randomness keyed by (seed, day, stream), never by the number of calls.

A report of day 12 is the same whether it is the first thing asked of a patient or the hundredth, so two policies meet the
same luck and a killed run can be resumed anywhere.
"""

import hashlib

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

DAY_OFFSET = 1 << 32
"""Added to a day so that days before the first trial are counters too."""


def stream(seed: int, name: str, day: int = 0) -> np.random.Generator:
    """Return the generator of one stream on one day.

    Args:
        seed: Of the cohort; any non-negative integer below 2**64.
        name: What the numbers are for (``day-noise``); distinct names are independent.
        day: Days since the first trial, negative before it.

    Returns:
        A generator at the start of its own counter block: equal keys give equal numbers, and blocks never overlap.
    """
    label = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little")
    key = np.array([seed, label], dtype=np.uint64)
    counter = np.array([0, 0, 0, day + DAY_OFFSET], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key, counter=counter))


def normal(seed: int, name: str, day: int, size: int) -> Array:
    """Return standard normal numbers, ``(size, 1)``; row ``i`` does not depend on ``size``."""
    return stream(seed, name, day).standard_normal(size)[:, None]


def uniform(seed: int, name: str, day: int, size: int) -> Array:
    """Return uniform numbers in [0, 1), ``(size, 1)``; row ``i`` does not depend on ``size``."""
    return stream(seed, name, day).random(size)[:, None]
