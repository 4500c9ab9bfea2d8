from datetime import UTC, datetime

import numpy as np
import pytest

from optimizer.simulate.cohort import draw_cohort
from optimizer.simulate.preset import load_preset
from optimizer.simulate.vagus_body import VagusBody
from optimizer.space.device import load_device
from optimizer.trial import Posture

USUAL = {"amplitude_ma": 1.5, "pulse_width_us": 250, "frequency_hz": 20, "on_s": 30, "off_s": 180}


@pytest.fixture(scope="module")
def body() -> VagusBody:
    return VagusBody(
        cohort=draw_cohort(load_preset("vns"), 5, 300),
        space=load_device("vns-implanted").space,
        started_at=datetime(2030, 1, 7, 10, tzinfo=UTC),
    )


def test_a_low_dose_harms_and_a_usual_one_helps_on_average(body: VagusBody) -> None:
    threshold = body.perception_ma(body.stimulus_of(USUAL), Posture.STANDING, 0.0)
    shares = [
        np.diag(
            body.specific_share(body.stimulus_of(USUAL | {"amplitude_ma": x * t}), Posture.STANDING, 200.0)
        )
        for x in (0.7, 1.6)
        for t in [float(np.median(threshold))]
    ]
    assert shares[0].mean() < 0.0 < shares[1].mean()


def test_what_was_too_much_at_first_is_tolerated_after_months(body: VagusBody) -> None:
    strong = body.stimulus_of(USUAL | {"amplitude_ma": 2.0})
    for kind in ("discomfort", "hoarseness"):
        first, later = (body.expected_grade(strong, Posture.STANDING, kind, day) for day in (0.0, 300.0))
        assert (later <= first).all()
        assert later.mean() < 0.9 * first.mean()


def test_no_current_is_felt_nowhere(body: VagusBody) -> None:
    off = body.stimulus_of(USUAL | {"amplitude_ma": 0.0})
    for kind in ("discomfort", "hoarseness", "cough"):
        assert (body.expected_grade(off, Posture.STANDING, kind, 0.0) == 0).all()


def test_pain_without_an_effect_is_what_expectation_leaves(body: VagusBody) -> None:
    pain = body.expected_pain_nrs(np.zeros((1, 1)), 30.0)
    assert pain.shape == (300, 1)
    assert pain.mean() < body.cohort["baseline_nrs"].mean()
