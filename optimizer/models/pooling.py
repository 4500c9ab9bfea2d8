"""Ratings pooled to sufficient statistics, so that a long course costs what a short one does.

The ratings of one trial in one posture share what was felt: their mean, their number and how they scatter say all they
can, given how much the days they fell on resemble each other. Beyond ``AT_MOST`` rows older trials of the same settings are
pooled in the same way, those near in time first; beyond ``MOST`` what is still too many leaves the oldest out.
"""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

DTYPE = torch.float64
"""Double precision throughout: the factorisations are small and must not fail."""
AT_MOST = 80
"""Rows from which older trials are pooled; the cost of the surrogate grows with their cube."""
MOST = 100
"""Rows it is conditioned on where the settings tried are too many to be pooled to fewer."""
RECENT = 20
"""Of a longer course so many of the latest trials, and up to twice as many, are not pooled. The older ones are pooled anew after
every so many trials only: between, they are the same rows, and draws given these can be remembered."""
DAY_LENGTHS = torch.tensor(np.geomspace(0.4, 40.0, 12), dtype=DTYPE)
"""Days over which days resemble each other, tabulated: ``(g,)``."""
DRIFT = len(DAY_LENGTHS) - 1
"""Which of these drift has: the longest, 40 days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rated:
    """One rating: of which trial, in which posture, when, and the relief it reports."""

    trial: int
    posture: int
    """Its code in ``optimizer.models.postures``."""
    day: float
    relief: float
    report_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pooled:
    """Ratings in ``n`` rows."""

    trials: tuple[int, ...]
    """The trial that stands for the settings of each row."""
    postures: Tensor
    """``(n,)`` code of the posture of each row, 64-bit integers."""
    relief: Tensor
    """``(n,)`` mean relief."""
    n_reports: Tensor
    """``(n,)`` ratings behind each mean."""
    scatter: Tensor
    """``(n,)`` sum of their squared deviations from it."""
    alike: Tensor
    """``(g, n, n)`` mean resemblance of the days of two rows, at each of ``DAY_LENGTHS``."""
    to_now: Tensor
    """``(n,)`` mean resemblance of the days of each row to the present, at the length of drift."""
    report_ids: tuple[tuple[str, ...], ...]
    left_out: int
    """Ratings that are too many and too old."""


def pool(ratings: Sequence[Rated], settings: Sequence[Hashable], now_day: float | None = None) -> Pooled:
    """Pool ratings to rows.

    Args:
        ratings: In order of their trials.
        settings: Key of each trial's settings; trials with equal keys may share a row.
        now_day: The present; the day of the latest rating where left out.

    Returns:
        The rows, in order of their first trials.
    """
    rows = _rows(ratings, settings)
    # as many at once as are pooled at once, for the same reason
    kept = rows[RECENT * math.ceil(max(0, len(rows) - MOST) / RECENT) :]
    values = [np.array([rating.relief for rating in row]) for row in kept]
    days = _days(kept)
    present = max((rating.day for rating in ratings), default=0.0) if now_day is None else now_day
    return Pooled(
        trials=tuple(row[0].trial for row in kept),
        postures=torch.tensor([row[0].posture for row in kept], dtype=torch.int64),
        relief=_tensor([v.mean() for v in values]),
        n_reports=_tensor([float(len(v)) for v in values]),
        scatter=_tensor([float(np.square(v - v.mean()).sum()) for v in values]),
        alike=_alike(*days),
        to_now=_to_day(*days, present),
        report_ids=tuple(tuple(name for rating in row for name in rating.report_ids) for row in kept),
        left_out=len(ratings) - sum(map(len, kept)),
    )


def _rows(ratings: Sequence[Rated], settings: Sequence[Hashable]) -> list[list[Rated]]:
    """Group by trial and posture; where these are too many, pool the older to what the latest leave, or as far as it goes."""
    rows = _grouped(ratings, [(rating.trial, rating.posture) for rating in ratings])
    if len(rows) <= AT_MOST:
        return rows
    recent = (len(rows) // RECENT - 1) * RECENT
    older, latest = [rating for row in rows[:recent] for rating in row], rows[recent:]
    return _by_settings(older, settings, AT_MOST - len(latest)) + latest


def _by_settings(ratings: Sequence[Rated], settings: Sequence[Hashable], at_most: int) -> list[list[Rated]]:
    """Group by settings and posture within windows of days, twice as long until the rows are few enough or the course is over."""
    days = [rating.day for rating in ratings]
    window_days, longest = 2.0, max(days) - min(days)
    while True:
        keys = [
            (settings[rating.trial], rating.posture, int(rating.day // window_days)) for rating in ratings
        ]
        rows = _grouped(ratings, keys)
        if len(rows) <= at_most or window_days >= 4.0 * longest:
            return rows
        window_days *= 2.0


def _grouped(ratings: Sequence[Rated], keys: Sequence[Hashable]) -> list[list[Rated]]:
    groups: dict[Hashable, list[Rated]] = {}
    for rating, key in zip(ratings, keys, strict=True):
        groups.setdefault(key, []).append(rating)
    return list(groups.values())


def _days(
    rows: Sequence[Sequence[Rated]],
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    """Return the days of all ratings, row after row, where each row begins among them, and how long it is."""
    days = np.array([rating.day for row in rows for rating in row])
    first = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)[:-1]
    return days, first, np.array([len(row) for row in rows], dtype=float)


def _alike(days: NDArray[np.float64], first: NDArray[np.int64], size: NDArray[np.float64]) -> Tensor:
    apart = np.abs(days[:, None] - days[None, :])
    tables = [_row_means(np.exp(-apart / length), first, size) for length in DAY_LENGTHS.tolist()]
    return torch.tensor(np.array(tables), dtype=DTYPE)


def _to_day(
    days: NDArray[np.float64], first: NDArray[np.int64], size: NDArray[np.float64], day: float
) -> Tensor:
    """Return how much the days of each row resemble one day, ``(n,)``, at the length of drift."""
    if not len(size):
        return torch.zeros(0, dtype=DTYPE)
    alike = np.exp(-np.abs(days - day) / float(DAY_LENGTHS[DRIFT]))
    return torch.tensor(np.add.reduceat(alike, first) / size, dtype=DTYPE)


def _row_means(
    matrix: NDArray[np.float64], first: NDArray[np.int64], size: NDArray[np.float64]
) -> NDArray[np.float64]:
    if not len(size):
        return np.zeros((0, 0))
    sums = np.add.reduceat(np.add.reduceat(matrix, first, axis=0), first, axis=1)
    return np.asarray(sums / np.outer(size, size))


def _tensor(values: Sequence[float]) -> Tensor:
    return torch.tensor(values, dtype=DTYPE)
