from datetime import UTC, datetime

import numpy as np

from optimizer.simulate.body import Body
from optimizer.simulate.cohort import draw_cohort
from optimizer.simulate.course_of_time import Phase
from optimizer.simulate.patient import SomaticPatient
from optimizer.simulate.preset import load_preset
from optimizer.simulate.ratings import Completeness
from optimizer.simulate.therapy import TreatedBody, body_of, patient_of
from optimizer.simulate.vagus_body import VagusBody
from optimizer.simulate.vagus_patient import VagusPatient
from optimizer.space.device import load_device
from optimizer.trial import Posture

STARTED_AT = datetime(2030, 1, 7, 10, tzinfo=UTC)
OF_THERAPY = {("tonic", "scs-tonic"): SomaticPatient, ("vns", "vns-implanted"): VagusPatient}


def body(preset: str, device: str) -> Body | VagusBody:
    space = load_device(device).space
    return body_of(
        draw_cohort(load_preset(preset), 1, 3), space, phase=Phase.IMPLANTED, started_at=STARTED_AT
    )


def test_the_preset_decides_who_answers() -> None:
    for therapy, kind in OF_THERAPY.items():
        patient = patient_of(body(*therapy), kinds=("discomfort",), completeness=Completeness.COMPLETE)
        assert isinstance(patient, kind)
        assert patient.kinds == ("discomfort",)


def test_every_body_answers_the_same_questions_in_the_same_shapes() -> None:
    for preset, device in OF_THERAPY:
        treated: TreatedBody = body(preset, device)
        indices = load_device(device).space.draw(np.random.default_rng(0), 5)
        stimulus = treated.stimulus(indices)
        shapes = {
            treated.perception_ma(stimulus, Posture.STANDING, 3.0).shape,
            treated.specific_share(stimulus, Posture.STANDING, 3.0).shape,
            treated.expected_pain_nrs(np.zeros((3, 5)), 3.0).shape,
            treated.expected_grade(stimulus, Posture.STANDING, "discomfort", 3.0).shape,
        }
        assert shapes == {(3, 5)}


def test_a_grid_point_and_its_raw_values_are_one_stimulus() -> None:
    for preset, device in OF_THERAPY:
        treated: TreatedBody = body(preset, device)
        space = load_device(device).space
        indices = space.draw(np.random.default_rng(1), 4)
        for row in indices:
            raw = treated.stimulus_of(space.at(row).as_dict())
            perception = treated.perception_ma(raw, Posture.STANDING, 0.0)
            assert np.array_equal(
                perception, treated.perception_ma(treated.stimulus(row[None]), Posture.STANDING, 0.0)
            )
