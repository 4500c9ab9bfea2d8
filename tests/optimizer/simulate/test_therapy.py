from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.simulate.body import Body
from optimizer.simulate.cohort import draw_cohort
from optimizer.simulate.course_of_time import Phase
from optimizer.simulate.encounter import Context
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


@cache
def body(preset: str, device: str, size: int = 3) -> Body | VagusBody:
    cohort, space = draw_cohort(load_preset(preset), 1, size), load_device(device).space
    return body_of(cohort, space, phase=Phase.IMPLANTED, started_at=STARTED_AT)


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


EVERY_THERAPY = (
    ("tonic", "scs-tonic"),
    ("ten-khz", "scs-ten-khz"),
    ("sub-perception", "scs-sub-perception"),
    ("drg", "drg"),
    ("pns", "pns"),
    ("tens", "tens"),
    ("tavns", "tavns"),
    ("vns", "vns-implanted"),
)
THERAPIES = st.sampled_from(EVERY_THERAPY)
POSTURES = st.sampled_from([Posture.STANDING, Posture.SITTING, Posture.LYING, Posture.PRONE])
LAWFUL = settings(max_examples=60, deadline=None)


def a_setting(data: st.DataObject, device: str) -> dict[str, float | str]:
    space = load_device(device).space
    indices = [data.draw(st.integers(0, size - 1)) for size in space.sizes]
    return space.at(indices).as_dict()


@given(therapy=THERAPIES, posture=POSTURES, day=st.floats(-5, 400), data=st.data())
@LAWFUL
def test_a_stronger_current_is_never_less_uncomfortable(
    therapy: tuple[str, str], posture: Posture, day: float, data: st.DataObject
) -> None:
    treated: TreatedBody = body(*therapy)
    weak = a_setting(data, therapy[1])
    strong = weak | {"amplitude_ma": float(weak["amplitude_ma"]) * data.draw(st.floats(1.0, 3.0))}
    grades = [
        treated.expected_grade(treated.stimulus_of(s), posture, "discomfort", day) for s in (weak, strong)
    ]
    assert (grades[0] <= grades[1] + 1e-12).all()
    assert ((grades[1] >= 0) & (grades[1] <= 10)).all()


@given(therapy=THERAPIES, posture=POSTURES, day=st.floats(-5, 400), data=st.data())
@LAWFUL
def test_a_wider_pulse_is_felt_at_a_lower_current_and_by_no_more_than_the_charge_allows(
    therapy: tuple[str, str], posture: Posture, day: float, data: st.DataObject
) -> None:
    treated: TreatedBody = body(*therapy)
    narrow = a_setting(data, therapy[1])
    ratio = data.draw(st.floats(1.0, 4.0))
    wide = narrow | {"pulse_width_us": float(narrow["pulse_width_us"]) * ratio}
    at_narrow, at_wide = (treated.perception_ma(treated.stimulus_of(s), posture, day) for s in (narrow, wide))
    assert (at_wide <= at_narrow * (1 + 1e-12)).all()
    assert (at_wide * ratio >= at_narrow * (1 - 1e-12)).all()


@given(therapy=THERAPIES, posture=POSTURES, day=st.floats(-5, 400), data=st.data())
@LAWFUL
def test_settings_take_away_at_most_all_pain_and_only_the_vagus_can_be_harmed(
    therapy: tuple[str, str], posture: Posture, day: float, data: st.DataObject
) -> None:
    treated: TreatedBody = body(*therapy)
    share = treated.specific_share(treated.stimulus_of(a_setting(data, therapy[1])), posture, day)
    pain = treated.expected_pain_nrs(share, day)
    assert (share <= 1).all()
    assert (share >= (-1 if therapy[0] == "vns" else 0)).all()
    assert ((pain >= 0) & (pain <= 10)).all()


@given(therapy=THERAPIES, day=st.integers(-5, 400), hour=st.floats(0, 24), data=st.data())
@LAWFUL
def test_whatever_is_programmed_whoever_answers_stays_on_the_scales(
    therapy: tuple[str, str], day: int, hour: float, data: st.DataObject
) -> None:
    kinds = ("discomfort", "muscle_twitch", "hoarseness", "skin_irritation")
    one = body(*therapy, size=1)
    patient = patient_of(one, kinds=kinds, completeness=Completeness.REAL_WORLD)
    context = Context(
        posture=data.draw(POSTURES),
        stimulation_on=data.draw(st.booleans()),
        on_for_s=data.draw(st.none() | st.floats(0, 1e7)),
        before=data.draw(st.none() | st.just(a_setting(data, therapy[1]))),
    )
    at = STARTED_AT + timedelta(days=day, hours=hour)
    for answer in patient.respond(a_setting(data, therapy[1]), context, at):
        assert answer.value in range(11)
        assert answer.occurred_at <= answer.recorded_at
