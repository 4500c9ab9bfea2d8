"""How well a patient's choices between two settings can be foreseen, over a cohort."""

import numpy as np
from numpy.typing import NDArray

from optimizer.simulate.cohort import Cohort
from optimizer.simulate.effect import goodness
from optimizer.simulate.preference import Lived, advantage_nrs, utility_nrs
from optimizer.simulate.stimulus import Stimulus
from optimizer.simulate.streams import stream
from optimizer.simulate.thresholds import perception_ma
from optimizer.trial import Posture

RATES_HZ = (20.0, 40.0, 60.0, 80.0, 120.0)
WIDTHS_US = (100.0, 200.0, 300.0, 400.0, 600.0)
POSITION = 0.5
"""Every setting is felt alike: its amplitude lies in the middle of the window."""


def measured_choices(cohort: Cohort) -> dict[str, float]:
    """Return the share of choices foreseen by whoever knew what settings are worth to each patient; ties left out."""
    first, second = _two_of_each(cohort)
    seems = advantage_nrs(cohort, first, second, "choice", 0)
    decided = np.abs(seems) >= cohort["preference_tie_nrs"]
    foreseen = np.sign(utility_nrs(cohort, first) - utility_nrs(cohort, second)) == np.sign(seems)
    return {"choices_foreseen": float(foreseen[decided].mean())}


def _two_of_each(cohort: Cohort) -> tuple[Lived, Lived]:
    """Let each patient live with two rates and widths of chance, re-titrated, at the best place."""
    stimulus = _grid(cohort)
    up = 1.0 + POSITION * (cohort["discomfort_ratio"] - 1.0)
    # currents in units of the amplitude; the lead lies where the patient's best level is
    perception = np.broadcast_to(1.0 / up, (cohort.size, len(stimulus.amplitude_ma)))
    at_best = 1.0 + cohort.preset.levels // 2 - cohort["best_level"]
    good = goodness(cohort, stimulus, perception, at_best)
    pain = cohort["baseline_nrs"] * (1.0 - cohort["non_specific_share"])
    pain = pain * (1.0 - cohort["achievable_share"] * good)
    amplitude_ma = up * perception_ma(cohort, stimulus, Posture.STANDING)
    charge = amplitude_ma * stimulus.pulse_width_us * stimulus.frequency_hz / 1000.0
    picked = stream(cohort.seed, "choice of settings").integers(pain.shape[1], size=(cohort.size, 2))

    def lived(column: NDArray[np.int64]) -> Lived:
        rows = column[:, None]
        return Lived(
            pain_nrs=np.take_along_axis(pain, rows, axis=1),
            grade=np.zeros((cohort.size, 1)),
            sensation=np.full((cohort.size, 1), POSITION),
            charge_uc_per_s=np.take_along_axis(charge, rows, axis=1),
        )

    return lived(picked[:, 0]), lived(picked[:, 1])


def _grid(cohort: Cohort) -> Stimulus:
    rates, widths = (column.ravel() for column in np.meshgrid(RATES_HZ, WIDTHS_US))
    levels = cohort.preset.levels
    return Stimulus(
        amplitude_ma=np.ones(len(rates)),
        pulse_width_us=widths,
        frequency_hz=rates,
        cathodes=np.repeat(np.eye(levels)[[levels // 2]], len(rates), axis=0),
    )
