"""Stretches of a recorded pain diary, and the problem of finding a benefit of known place and size on them (B6).

Semi-synthetic: the days are real, what settings do to them is stated. One person and a private scale, far smoother than
the ratings of trials: a check of the search under slow drift, never a claim.
"""

import csv
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import numpy as np
from msgspec import UNSET
from numpy.typing import NDArray

from optimizer.errors import DataError
from optimizer.outcomes.scale import PAIN_REAL
from optimizer.problem import Problem
from optimizer.space.parameter import listed
from optimizer.space.search_space import SearchSpace

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

SOURCE: Final = "github.com/oliviermirat/MyAIGuide, commit 949864de, licence MIT"
"""Where the diary comes from; Titrate does not ship it."""
DIARY_FILE: Final = "pain_diary_p1.csv"

N_DAYS: Final = 84
"""Days of a stretch."""
MOST_INTENSE: Final = 7.0
RATED_DAYS: Final = 1000
"""A region rated on fewer days is an episode, not a series."""
SPREAD: Final = 3.0
"""What the deviations of a stretch are multiplied with, so that they vary as pain on 0 to 10 does."""
BASELINE: Final = 6.0
SIDE: Final = 5
BUMP_WIDTH: Final = 0.3
"""SD of the benefit, as a share of the side of the grid."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Stretch:
    """Consecutive days of one region, none missing."""

    name: str
    deviations: Array
    """``(84,)`` points of 0 to 10 around the mean of the stretch."""


def grid() -> Indices:
    """Return the sites, ``(25, 2)``, in steps."""
    return np.array([(column, row) for column in range(SIDE) for row in range(SIDE)], dtype=np.int64)


def benefit_share(centre: Array) -> Array:
    """Return the benefit of each site over that of the best site, ``(25,)``: one bump.

    Args:
        centre: ``(2,)`` where it lies, as shares of the sides.
    """
    squares = ((grid() / (SIDE - 1) - centre) ** 2).sum(axis=1)
    bump = np.exp(-0.5 * squares / BUMP_WIDTH**2)
    return np.asarray(bump / bump.max())


def diary_problem(*, drift_expected: bool = False) -> Problem:
    """Return the problem of finding the best site: no stimulation physics, nothing to tolerate.

    Args:
        drift_expected: Whether the problem says that pain may change slowly by itself, as these days do.
    """
    numbers = list(range(1, SIDE + 1))
    return Problem(
        space=SearchSpace(parameters=(listed("column", "1", numbers), listed("row", "1", numbers))),
        tolerability=None,
        titration=None,
        outcome=PAIN_REAL,
        side_effects=(),
        min_gain_nrs=0.0,
        drift_expected=drift_expected or UNSET,
    )


def read_stretches(folder: Path) -> tuple[Stretch, ...]:
    """Read the stretches of the diary: of each region from its first day on, each begun where the last one ended.

    Args:
        folder: Holds the diary.

    Returns:
        The stretches, by region and then by time.

    Raises:
        DataError: If the diary is absent or is not what its description says.
    """
    days = _daily_means(folder / DIARY_FILE)
    return tuple(
        stretch
        for region in sorted(days)
        if len(days[region]) >= RATED_DAYS
        for stretch in _stretches(region, days[region])
    )


def _stretches(region: str, means: dict[date, float]) -> Iterator[Stretch]:
    run: list[float] = []
    last: date | None = None
    for day in sorted(means):
        run = [*run, means[day]] if last is not None and day - last == timedelta(days=1) else [means[day]]
        last = day
        if len(run) == N_DAYS:
            values = np.array(run)
            first = day - timedelta(days=N_DAYS - 1)
            yield Stretch(name=f"{region} {first}", deviations=SPREAD * (values - values.mean()))
            run = []


def _daily_means(path: Path) -> dict[str, dict[date, float]]:
    if not path.is_file():
        raise DataError(
            path.name,
            "is not in the data folder",
            remedy=f"The diary comes from {SOURCE}; give the folder that holds it with --data.",
        )
    ratings: dict[str, dict[date, list[float]]] = defaultdict(lambda: defaultdict(list))
    with path.open(encoding="utf-8", newline="") as file:
        table = csv.DictReader(file)
        missing = sorted({"date", "region", "intensity"} - set(table.fieldnames or ()))
        if missing:
            raise DataError(path.name, f"lacks the column {missing[0]}", limit="date, region, intensity")
        for row in table:
            try:
                ratings[row["region"]][date.fromisoformat(row["date"])].append(_intensity(row["intensity"]))
            except (TypeError, ValueError) as error:
                raise DataError(
                    f"{path.name}, line {table.line_num}",
                    "holds what is no date or rating",
                    limit=f"YYYY-MM-DD, above 0 to {MOST_INTENSE:g}",
                ) from error
    return {
        region: {day: float(np.mean(values)) for day, values in days.items()}
        for region, days in ratings.items()
    }


def _intensity(cell: str) -> float:
    value = float(cell)
    if not 0 < value <= MOST_INTENSE:
        raise ValueError(cell)
    return value
