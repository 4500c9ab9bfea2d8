"""Statistics of implanted vagus stimulation over a cohort."""

import numpy as np

from optimizer.simulate import course_of_time as time
from optimizer.simulate.cohort import Cohort
from optimizer.simulate.course_of_time import Phase
from optimizer.simulate.vagus import (
    FADING,
    Dose,
    expected_pain_nrs,
    first_visit_ma,
    has_effect,
    share_after,
    target_share,
)

RESPONSE = 0.30
"""Relief that counts as a response in fibromyalgia."""


def measured_vagus(cohort: Cohort) -> dict[str, float]:
    """Return the statistics of section 8 that speak of vagus stimulation, by the name of their band."""
    found = {"vns_first_visit_ma": float(first_visit_ma(cohort).mean())}
    for weeks in (12, 48):
        found[f"vns_responders_{weeks}_weeks"] = _responders(cohort, weeks)
    found["vns_responders_rise"] = found["vns_responders_48_weeks"] - found["vns_responders_12_weeks"]
    for kind in FADING:
        found[f"vns_{kind}"] = float(has_effect(cohort, _usual([1.25, 1.5]), kind, 3.0).mean())
    return found


def _responders(cohort: Cohort, weeks: int) -> float:
    day = 7.0 * weeks
    target = target_share(cohort, _usual([1.5]), time.persistence(cohort, day, Phase.IMPLANTED))
    pain = expected_pain_nrs(cohort, share_after(cohort, np.zeros((1, 1)), target, day), day)
    return float(((cohort["baseline_nrs"] - pain) / cohort["baseline_nrs"] >= RESPONSE).mean())


def _usual(amplitudes_ma: list[float]) -> Dose:
    """250 us, 20 Hz, 30 s in 3 min."""
    n = len(amplitudes_ma)
    return Dose(
        amplitude_ma=np.array(amplitudes_ma),
        pulse_width_us=np.full(n, 250.0),
        frequency_hz=np.full(n, 20.0),
        duty=np.full(n, 0.16),
    )
