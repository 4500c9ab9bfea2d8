from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.simulate.cohort import Cohort, draw_cohort
from optimizer.simulate.encounter import Context
from optimizer.simulate.preference import Lived, Preferred, advantage_nrs, preferred, utility_nrs
from optimizer.simulate.preset import load_preset
from optimizer.simulate.scenarios import load_scenario

SIZE = 4000


@pytest.fixture(scope="module")
def cohort() -> Cohort:
    return draw_cohort(load_preset("tonic"), 6, SIZE)


def lived(pain: float, grade: float = 0.0, sensation: float = 0.5, charge: float = 100.0) -> Lived:
    columns = (np.full((1, 1), value) for value in (pain, grade, sensation, charge))
    return Lived(**dict(zip(("pain_nrs", "grade", "sensation", "charge_uc_per_s"), columns, strict=True)))


def test_the_better_of_two_settings_a_point_apart_is_chosen_by_seven_in_ten(cohort: Cohort) -> None:
    seems = advantage_nrs(cohort, lived(4.0), lived(5.0), "noon", 3)
    assert (seems > 0).mean() == pytest.approx(0.70, abs=0.02)


def test_one_in_twelve_choices_between_equals_is_a_tie(cohort: Cohort) -> None:
    seems = advantage_nrs(cohort, lived(4.0), lived(4.0), "noon", 3)
    assert (np.abs(seems) < cohort["preference_tie_nrs"]).mean() == pytest.approx(0.08, abs=0.015)


@given(
    pains=st.tuples(st.floats(0, 10), st.floats(0, 10)),
    grades=st.tuples(st.floats(0, 10), st.floats(0, 10)),
    day=st.integers(-5, 400),
)
@settings(max_examples=40, deadline=None)
def test_asked_the_other_way_round_with_other_luck_only_the_difference_of_worth_stays(
    cohort: Cohort, pains: tuple[float, float], grades: tuple[float, float], day: int
) -> None:
    first, second = (lived(p, g) for p, g in zip(pains, grades, strict=True))
    there, back = (advantage_nrs(cohort, a, b, "noon", day) for a, b in ((first, second), (second, first)))
    worth = utility_nrs(cohort, first) - utility_nrs(cohort, second)
    assert np.allclose(0.5 * (there - back), worth, atol=1e-9)


@given(
    worse=st.sampled_from(["pain", "grade", "sensation", "charge"]),
    by=st.floats(0.01, 3.0),
)
@settings(max_examples=40, deadline=None)
def test_more_pain_discomfort_sensation_or_recharging_is_never_worth_more(
    cohort: Cohort, worse: str, by: float
) -> None:
    base = {"pain": 5.0, "grade": 3.0, "sensation": 0.4, "charge": 100.0}
    better, other = lived(**base), lived(**base | {worse: base[worse] + by})
    assert (utility_nrs(cohort, other) <= utility_nrs(cohort, better)).all()


def test_relief_weighs_more_than_twice_what_recharging_does(cohort: Cohort) -> None:
    recharged_hourly = utility_nrs(cohort, lived(5.0, charge=0.0)) - utility_nrs(
        cohort, lived(5.0, charge=500.0)
    )
    assert (recharged_hourly < 0.5).mean() > 0.7


def test_patients_of_both_kinds_choose_and_mostly_choose_relief() -> None:
    for name, seeds in (("tens", (1,)), ("vns", (4, 7))):
        scenario = load_scenario(name)
        at = [scenario.started_at + timedelta(days=200 + day) for day in range(15)]
        chosen = [
            patient.prefer(best, start, Context(), when)
            for patient, best, start in (
                (scenario.patient(s), scenario.best(s), scenario.start(s)) for s in seeds
            )
            for when in at
        ]
        assert chosen.count(Preferred.FIRST) > 2 * chosen.count(Preferred.SECOND)


def test_near_equals_of_one_patient_are_a_tie_and_far_ones_never() -> None:
    one = draw_cohort(load_preset("tonic"), 1)
    answers = {preferred(one, lived(4.0), lived(4.0), "noon", day) for day in range(200)}
    assert answers == set(Preferred)
    assert preferred(one, lived(0.0), lived(10.0), "noon", 1) is Preferred.FIRST
