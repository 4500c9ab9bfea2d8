"""Statistics of ganglion, peripheral nerve and skin stimulation, and of kilohertz rates, over a cohort."""

import numpy as np

from optimizer.simulate import course_of_time as time
from optimizer.simulate.cohort import Cohort
from optimizer.simulate.stimulus import Stimulus
from optimizer.simulate.streams import Array
from optimizer.simulate.thresholds import discomfort_ma, perception_ma
from optimizer.simulate.validation.trials import Arm, clinical_goodness, run_arm
from optimizer.trial import Posture

RESPONSE = 0.30
"""Relief that counted as a response in the trial of peripheral nerve stimulation."""
HOURS_WATCHED = np.arange(0.0, 60.0, 0.1)


def measured_kilohertz(cohort: Cohort) -> dict[str, float]:
    """Return the therapeutic current at 10 kHz and 30 us, by the name of its band."""
    perception = perception_ma(cohort, _usual(cohort, 30.0, 10_000.0), Posture.STANDING)
    return {"ten_khz_therapeutic_ma": float(np.median(cohort["best_sub_intensity"] * perception))}


def measured_ganglion(cohort: Cohort) -> dict[str, float]:
    """Return success in a trial and the pace of washing out, by the name of their bands."""
    arm = run_arm(cohort)
    early, late = (float(arm.relief(month).mean()) for month in (1, 12))
    faded = np.array([time.washed_out(cohort, 3600.0 * hour).mean() for hour in HOURS_WATCHED])
    return {
        "drg_responders": arm.responders(3),
        "drg_habituation": late / early - 1.0,
        "drg_washout_quarter_h": float(np.interp(0.25, faded, HOURS_WATCHED)),
        "drg_washout_most_h": float(np.interp(0.90, faded, HOURS_WATCHED)),
    }


def measured_nerve(cohort: Cohort) -> dict[str, float]:
    """Return responders of a sham-controlled trial without a screening gate, by the name of their bands."""
    everybody = np.ones(cohort.size, dtype=np.bool_)
    ungated = run_arm(cohort)
    treated = Arm(
        cohort=cohort, goodness=ungated.goodness, baseline_nrs=ungated.baseline_nrs, passed=everybody
    )
    sham = Arm(
        cohort=cohort,
        goodness=np.zeros_like(ungated.goodness),
        baseline_nrs=ungated.baseline_nrs,
        passed=everybody,
    )
    return {
        "pns_responders": float((treated.relief(3) >= RESPONSE).mean()),
        "pns_responders_sham": float((sham.relief(3) >= RESPONSE).mean()),
    }


def measured_skin(tens: Cohort, tavns: Cohort) -> dict[str, float]:
    """Return thresholds through the skin and the effect over placebo, by the name of their bands."""
    usual = _usual(tens, 200.0, 100.0)
    sensory = perception_ma(tens, usual, Posture.STANDING)
    at_ear = perception_ma(tavns, _usual(tavns, 250.0, 25.0), Posture.STANDING)
    chosen = at_ear * (1.0 + tavns["best_window_position"] * (tavns["discomfort_ratio"] - 1.0))
    return {
        "tens_window_ma": float((discomfort_ma(tens, sensory) - sensory).mean()),
        "tens_over_placebo_sd": _over_placebo_sd(tens),
        "tavns_unfelt_share": float((at_ear > 0.2).mean()),
        "tavns_felt_share": float((at_ear < 3.0).mean()),
        "tavns_chosen_ma": float(chosen.mean()),
        "tavns_chosen_sd_ma": float(chosen.std()),
    }


def _over_placebo_sd(cohort: Cohort) -> float:
    """Return the mean difference from placebo during a session over the SD of pain, as meta-analyses pool it."""
    placebo = cohort["baseline_nrs"] * (1.0 - time.non_specific_share(cohort, 1.0))
    treated = placebo * (1.0 - cohort["achievable_share"] * clinical_goodness(cohort))
    rated_sd = np.sqrt(0.5 * (placebo.var() + treated.var()) + (cohort["report_sd_nrs"] ** 2).mean())
    return float((treated - placebo).mean() / rated_sd)


def _usual(cohort: Cohort, pulse_width_us: float, frequency_hz: float) -> Stimulus:
    levels = cohort.preset.levels
    one: Array = np.ones(1)
    return Stimulus(
        amplitude_ma=0.0 * one,
        pulse_width_us=pulse_width_us * one,
        frequency_hz=frequency_hz * one,
        cathodes=np.eye(levels)[[levels // 2]],
    )
