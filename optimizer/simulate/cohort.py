"""Patients as arrays: one draw for one patient or for twenty thousand."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from optimizer.simulate.preset import Preset
from optimizer.simulate.streams import Array, stream

N_CUTS: Final = 10
"""Cut-points between the eleven whole numbers of a rating."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cohort:
    """Everything that distinguishes ``p`` patients; nothing here changes with time or settings."""

    preset: Preset
    seed: int
    size: int
    traits: dict[str, Array]
    """Law name -> ``(p, 1)``."""
    field: Array
    """Log threshold of each level relative to the patient's mean, ``(p, levels)``."""
    cuts_nrs: Array
    """Ascending personal cut-points of the integer scale, ``(p, 10)``."""

    def __getitem__(self, name: str) -> Array:
        """Return one trait as a column, ``(p, 1)``, ready to broadcast against settings."""
        return self.traits[name]

    def patient(self, index: int) -> "Cohort":
        """Return one patient as a cohort of one; day noise follows the seed, so only patient 0 keeps its own."""
        return Cohort(
            preset=self.preset,
            seed=self.seed,
            size=1,
            traits={name: values[index : index + 1] for name, values in self.traits.items()},
            field=self.field[index : index + 1],
            cuts_nrs=self.cuts_nrs[index : index + 1],
        )


def draw_cohort(preset: Preset, seed: int, size: int = 1) -> Cohort:
    """Draw patients.

    Args:
        preset: The laws.
        seed: Equal seeds give equal patients; patient ``i`` does not depend on ``size``.
        size: How many.

    Returns:
        The cohort.
    """
    traits = {
        name: law.draw(stream(seed, f"trait {name}"), size)[:, None] for name, law in preset.laws.items()
    }
    jitter = traits["cut_point_sd"] * stream(seed, "cut points").standard_normal((size, N_CUTS))
    return Cohort(
        preset=preset,
        seed=seed,
        size=size,
        traits=traits,
        field=_field(preset, seed, size, traits),
        cuts_nrs=np.sort(np.arange(N_CUTS) + 0.5 + jitter, axis=1),
    )


def _field(preset: Preset, seed: int, size: int, traits: dict[str, Array]) -> Array:
    """Draw a Gaussian random field along the levels, the same length for everyone."""
    gap = np.subtract.outer(np.arange(preset.levels), np.arange(preset.levels))
    length = float(traits["field_length_levels"][0, 0])
    covariance = np.exp(-0.5 * (gap / length) ** 2) + 1e-9 * np.eye(preset.levels)
    white = stream(seed, "threshold field").standard_normal((size, preset.levels))
    # not a matrix product: its last bits depend on how many patients are drawn together
    smooth = np.einsum("pk,lk->pl", white, np.linalg.cholesky(covariance))
    return np.asarray(traits["field_log_sd"] * smooth)
