import numpy as np
import pytest

from optimizer.simulate.body import Body
from optimizer.simulate.cohort import draw_cohort
from optimizer.simulate.course_of_time import Phase
from optimizer.simulate.preset import load_preset
from optimizer.simulate.scenarios import STARTED_AT
from optimizer.simulate.stimulus import Lead
from optimizer.space.device import load_device
from optimizer.trial import Posture

START = {"amplitude_ma": 7.0, "pulse_width_us": 400, "frequency_hz": 55, "configuration": "level-4"}


def body(preset: str = "tonic", phase: Phase = Phase.SCREENING, size: int = 500) -> Body:
    lead = Lead(space=load_device("scs-tonic").space, levels=8)
    return Body(
        cohort=draw_cohort(load_preset(preset), 3, size), lead=lead, phase=phase, started_at=STARTED_AT
    )


def test_pain_without_stimulation_before_the_first_trial_is_the_baseline() -> None:
    pain = body().expected_pain_nrs(np.zeros((500, 1)), -1.0)
    assert np.array_equal(pain, body().cohort["baseline_nrs"])


def test_the_null_patient_feels_better_by_expectation_alone() -> None:
    null = body("null")
    share = null.specific_share(null.lead.of_values(START), Posture.STANDING, 3.0)
    assert (share == 0).all()
    assert null.expected_pain_nrs(share, 3.0).mean() < 0.8 * null.cohort["baseline_nrs"].mean()


def test_most_of_what_screening_shows_is_lost_on_average_after_implantation() -> None:
    shares = [
        body(phase=phase).specific_share(body().lead.of_values(START), Posture.STANDING, 30.0).mean()
        for phase in Phase
    ]
    assert shares[1] == pytest.approx(0.35 * shares[0], rel=0.15)


def test_thresholds_stand_still_while_screening_and_drift_afterwards() -> None:
    def moved(phase: Phase) -> float:
        of = body(phase=phase)
        early, late = (of.perception_ma(of.lead.of_values(START), Posture.STANDING, d) for d in (0.0, 200.0))
        return float(np.log(late / early).std())

    assert moved(Phase.SCREENING) == 0
    assert moved(Phase.IMPLANTED) > 0.1
