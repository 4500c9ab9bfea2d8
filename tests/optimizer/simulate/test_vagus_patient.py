from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from optimizer.outcomes.scale import GRADE, PAIN_NRS
from optimizer.simulate.cohort import draw_cohort
from optimizer.simulate.encounter import Context, Spell
from optimizer.simulate.preset import load_preset
from optimizer.simulate.ratings import Completeness
from optimizer.simulate.vagus_body import VagusBody
from optimizer.simulate.vagus_patient import VagusPatient
from optimizer.space.device import load_device
from optimizer.trial import Measure, RungOutcome

STARTED_AT = datetime(2030, 1, 7, 10, tzinfo=UTC)
USUAL = {"amplitude_ma": 1.5, "pulse_width_us": 250, "frequency_hz": 20, "on_s": 30, "off_s": 180}
WEEK_S = 7 * 86400.0


def at(day: float) -> datetime:
    return STARTED_AT + timedelta(days=day)


def vagus_patient(seed: int) -> VagusPatient:
    body = VagusBody(
        cohort=draw_cohort(load_preset("vns"), seed),
        space=load_device("vns-implanted").space,
        started_at=STARTED_AT,
    )
    return VagusPatient(_body=body)


@pytest.fixture
def patient() -> VagusPatient:
    return vagus_patient(4)


def mean_pain(context: Context, day: float) -> float:
    told = [vagus_patient(seed).respond(USUAL, context, at(day))[0].value for seed in range(80)]
    return float(np.mean(told))


def test_a_day_is_lived_once_whatever_was_asked_before(patient: VagusPatient) -> None:
    once = patient.respond(USUAL, Context(), at(30))
    other = vagus_patient(4)
    other.respond(USUAL | {"amplitude_ma": 3.0}, Context(), at(2))
    assert other.respond(USUAL, Context(), at(30)) == once


def test_answers_are_on_their_scales_and_one_per_kind(patient: VagusPatient) -> None:
    told = patient.respond(USUAL, Context(), at(3))
    assert [answer.kind for answer in told] == ["", "discomfort", "hoarseness", "cough"]
    for answer in told:
        scale = PAIN_NRS if answer.measure is Measure.PAIN else GRADE
        assert scale.check(answer.value, "value") == answer.value


def test_benefit_needs_weeks_and_what_ran_before_counts() -> None:
    fresh = mean_pain(Context(on_for_s=0.0), 60)
    built_up = mean_pain(Context(on_for_s=0.0, earlier=(Spell(settings=USUAL, lasted_days=300.0),)), 60)
    settled = mean_pain(Context(on_for_s=60 * WEEK_S), 60)
    assert built_up < fresh - 0.2
    assert settled == pytest.approx(built_up, abs=0.1)


def test_silence_is_an_absent_answer() -> None:
    silent = replace(vagus_patient(4), completeness=Completeness.REAL_WORLD)
    told = [silent.respond(USUAL, Context(), at(day)) for day in range(60)]
    assert () in told
    assert any(told)


def test_without_stimulation_nothing_is_felt_in_the_throat(patient: VagusPatient) -> None:
    told = patient.respond(USUAL | {"amplitude_ma": 3.5}, Context(stimulation_on=False), at(3))
    assert {answer.value for answer in told[1:]} == {0.0}


def test_a_ramp_stops_at_discomfort_and_climbs_further_months_later(patient: VagusPatient) -> None:
    amplitudes = tuple(0.125 * step for step in range(1, 28))
    first, later = (patient.ramp_to(USUAL, amplitudes, Context(), at(day)) for day in (0, 200))
    assert first[-1].outcome is RungOutcome.DISCOMFORT
    assert len(later) > len(first)
    assert [rung.outcome for rung in first].count(RungOutcome.PERCEPTION) <= 1
