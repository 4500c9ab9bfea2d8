"""Which of two settings a patient would rather keep (section 7.1).

Relief counts most, but not alone: what is uncomfortable, what is felt at all and what must be recharged is weighed against
it, by each patient in a way of their own. So preference and pain can disagree, as they do in people.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from optimizer.simulate.cohort import Cohort
from optimizer.simulate.side_effects import UNCOMFORTABLE_GRADE
from optimizer.simulate.streams import Array, normal

CHARGE_SCALE_UC_PER_S = 500.0
"""Charge per second at which a daily recharge of half an hour is spent, roughly (Provenzano 2022)."""


class Preferred(StrEnum):
    """Answer to "which of the two would you rather keep"."""

    FIRST = "first"
    SECOND = "second"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lived:
    """What settings were like; every array ``(p, 1)``."""

    pain_nrs: Array
    """Expected pain, washed in."""
    grade: Array
    """Expected grade of the worst side effect."""
    sensation: Array
    """How much of the window is felt, 0 below perception to 1 at discomfort."""
    charge_uc_per_s: Array


def utility_nrs(cohort: Cohort, lived: Lived) -> Array:
    """Return what settings are worth to a patient, ``(p, 1)``, in points of pain."""
    uncomfortable = lived.grade >= UNCOMFORTABLE_GRADE
    return np.asarray(
        -lived.pain_nrs
        - cohort["weight_discomfort_nrs"] * uncomfortable
        - cohort["weight_sensation_nrs"] * lived.sensation
        - cohort["weight_charge_nrs"] * lived.charge_uc_per_s / CHARGE_SCALE_UC_PER_S
    )


def advantage_nrs(cohort: Cohort, first: Lived, second: Lived, occasion: str, day: int) -> Array:
    """Return by how much the first seems better on one occasion, ``(p, 1)``, in points; asked again it differs."""
    noise = normal(cohort.seed, f"preference {occasion}", day, cohort.size)
    difference = utility_nrs(cohort, first) - utility_nrs(cohort, second)
    return np.asarray(difference + cohort["preference_sd_nrs"] * noise)


def preferred(cohort: Cohort, first: Lived, second: Lived, occasion: str, day: int) -> Preferred:
    """Return the answer of one patient.

    Args:
        cohort: A cohort of one.
        first: What the first settings were like.
        second: What the second were like.
        occasion: Keys the randomness within the day.
        day: Days since the first trial.

    Source:
        Probit choice; the better of two settings one point of pain apart is chosen by 70 %, and 8 % of choices between
        equals are ties (no preference in 8.0 % of SUNBURST at one year).
    """
    seems = advantage_nrs(cohort, first, second, occasion, day).item()
    if abs(seems) < cohort["preference_tie_nrs"].item():
        return Preferred.NEITHER
    return Preferred.FIRST if seems > 0 else Preferred.SECOND
