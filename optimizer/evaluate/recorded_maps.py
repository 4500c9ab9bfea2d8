"""Recorded response maps of many animals over one grid of sites, and the problem each of them is."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from optimizer.errors import DataError
from optimizer.outcomes.scale import OutcomeScale
from optimizer.prior import Prior
from optimizer.problem import Problem
from optimizer.space.parameter import listed
from optimizer.space.search_space import SearchSpace

Array = NDArray[np.float64]

SOURCE: Final = (
    "github.com/mbonizzato/EduOptimNeurostim, commit 3c4632bb (2024-07-25), priors/rat_mapping_2D*.mat and "
    "config/ch2xy_online.json, licence BSD-2-Clause, Marco Bonizzato and co-workers"
)
"""Where the recordings come from; Titrate does not ship them."""
SCORES_FILE: Final = "movement_scores_23rats_32ch.csv"
POSITIONS_FILE: Final = "average_maps_32ch.csv"
HIGHEST_SCORE: Final = 8.0


@dataclass(frozen=True, kw_only=True, eq=False)
class RecordedMaps:
    """One value per animal and site; ``a`` animals that respond, ``c`` sites."""

    animals: tuple[str, ...]
    values: Array
    """``(a, c)`` recorded response, 0 to 8."""
    sites: NDArray[np.int64]
    """``(c, 2)`` column 1 to 8 and row 1 to 4 of each site."""

    @property
    def scores(self) -> Array:
        """Recorded response over the best of the animal, ``(a, c)``, 0 to 1."""
        return np.asarray(self.values / self.values.max(axis=1, keepdims=True))

    def problem(self) -> Problem:
        """Return the problem of finding the best site: no stimulation physics, nothing to tolerate."""
        columns, rows = (sorted(set(axis.tolist())) for axis in self.sites.T)
        return Problem(
            space=SearchSpace(parameters=(listed("column", "1", columns), listed("row", "1", rows))),
            tolerability=None,
            titration=None,
            outcome=OutcomeScale(
                name="movement", low=0.0, high=HIGHEST_SCORE, whole=False, larger_is_better=True
            ),
            side_effects=(),
            min_gain_nrs=0.0,
        )

    def prior_without(self, animal: int) -> Prior:
        """Return what the other animals teach: the mean of their maps, each over its maximum.

        In points of the scale by their mean maximum, relative to the mean over all sites, as a prior states it.
        """
        others = np.delete(np.arange(len(self.animals)), animal)
        mean = self.scores[others].mean(axis=0) * self.values[others].max(axis=1).mean()
        points = self.sites - self.sites.min(axis=0)
        return Prior(
            version=f"rat_m1_threshold_maps/without-{self.animals[animal]}",
            points=tuple((int(column), int(row)) for column, row in points),
            values=tuple(float(value) for value in mean - mean.mean()),
        )


def read_maps(folder: Path) -> RecordedMaps:
    """Read the recorded maps of the animals that respond at all.

    Args:
        folder: Holds the scores and the positions of the sites.

    Returns:
        The maps, sites in channel order.

    Raises:
        DataError: If a file is absent or is not what its description says.
    """
    scores = _rows(folder / SCORES_FILE)
    positions = _rows(folder / POSITIONS_FILE)
    channels = [f"ch{int(row['channel']):02d}" for row in positions]
    try:
        values = np.array([[float(row[channel]) for channel in channels] for row in scores])
        sites = np.array([[int(row["x_online"]), int(row["y_online"])] for row in positions])
    except (KeyError, ValueError) as error:
        raise DataError(SCORES_FILE, "lacks a channel or holds something that is no number") from error
    # said the other way round, NaN would be on the scale
    off = np.argwhere(~((values >= 0) & (values <= HIGHEST_SCORE)))
    if len(off):
        where = f"{SCORES_FILE}, rat {scores[off[0, 0]].get('rat')}, {channels[off[0, 1]]}"
        raise DataError(where, "holds a score off its scale", limit=f"0 to {HIGHEST_SCORE:g}, finite")
    responding = values.max(axis=1) > 0
    return RecordedMaps(
        animals=tuple(row["rat"] for row, keep in zip(scores, responding, strict=True) if keep),
        values=values[responding],
        sites=sites,
    )


def _rows(path: Path) -> list[Mapping[str, str]]:
    if not path.is_file():
        raise DataError(
            path.name,
            "is not in the data folder",
            remedy=f"The recordings come from {SOURCE}; give the folder that holds them with --data.",
        )
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
