"""What could have been had: the best settings of a patient, and the least charge for any amount of relief."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from optimizer.simulate.scenarios import load_scenario
from optimizer.space.constraint import Quantity, measure

Array = NDArray[np.float64]
CHUNK = 100_000
"""Settings looked at together; keeps memory flat."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Attainable:
    """A patient's frontier of relief over charge: legal, tolerable settings that nothing cheaper equals."""

    uc_per_s: Array
    """Ascending charge per second, ``(k,)``."""
    relief_nrs: Array
    """Most relief for at most that charge, strictly ascending, ``(k,)``."""
    near_tie_nrs: float
    """Relief that differs by no more counts as equal; the problem's objective says how much that is."""

    @property
    def most_nrs(self) -> float:
        """Relief at the best legal, tolerable settings."""
        return float(self.relief_nrs[-1])

    def cheapest_uc_per_s(self, relief_nrs: Array) -> Array:
        """Return the least charge per second of equal relief or more, ``(n,)``; past the most attainable, that of the most."""
        first = np.searchsorted(self.relief_nrs, relief_nrs - self.near_tie_nrs)
        return np.asarray(self.uc_per_s[np.minimum(first, len(self.uc_per_s) - 1)])


@lru_cache(maxsize=4)
def attainable(scenario_name: str, patient: int) -> Attainable:
    """Look at every legal setting of a patient; the same for every policy that meets the patient.

    Args:
        scenario_name: See ``optimizer.simulate.scenarios``.
        patient: Seed.

    Returns:
        The frontier, on the day the scenario judges on.
    """
    scenario = load_scenario(scenario_name)
    truth, problem = scenario.truth(patient), scenario.problem
    limit = np.inf if problem.tolerability is None else problem.tolerability.limit_grade
    charge, relief = np.zeros(0), np.zeros(0)
    for rows in np.array_split(scenario.legal, len(scenario.legal) // CHUNK + 1):
        borne = rows[truth.grade(rows) <= limit]
        spent = measure(Quantity.CHARGE_PER_SECOND, problem.space.columns(borne))
        charge, relief = _frontier(
            np.concatenate([charge, spent]), np.concatenate([relief, truth.relief_nrs(borne)])
        )
    return Attainable(uc_per_s=charge, relief_nrs=relief, near_tie_nrs=problem.objective.near_tie_nrs)


def _frontier(charge: Array, relief: Array) -> tuple[Array, Array]:
    """Keep what relieves more than everything that costs no more."""
    order = np.lexsort((-relief, charge))
    charge, relief = charge[order], relief[order]
    before = np.concatenate([[-np.inf], np.maximum.accumulate(relief)[:-1]])
    kept = relief > before
    return charge[kept], relief[kept]
