import numpy as np
import pytest

from optimizer.simulate.cohort import Cohort, draw_cohort
from optimizer.simulate.preset import load_preset
from optimizer.simulate.side_effects import expected_grade, reported_grade
from optimizer.simulate.stimulus import Stimulus


@pytest.fixture(scope="module")
def cohort() -> Cohort:
    return draw_cohort(load_preset("tonic"), 5, 6000)


def at(amplitude_ma: float) -> Stimulus:
    return Stimulus(
        amplitude_ma=np.array([amplitude_ma]),
        pulse_width_us=np.array([300.0]),
        frequency_hz=np.array([40.0]),
        cathodes=np.eye(8)[[3]],
    )


def perception_for(cohort: Cohort, u: np.ndarray) -> np.ndarray:
    """Return the perception threshold that puts 7 mA at window position u."""
    return 7.0 / (1.0 + u * (cohort["discomfort_ratio"] - 1.0))


@pytest.mark.parametrize("offset", [-0.16, -0.08, 0.0, 0.08, 0.16])
def test_uncomfortable_reports_come_with_the_probability_of_the_notes(cohort: Cohort, offset: float) -> None:
    u = cohort["uncomfortable_position"] + offset
    grade = reported_grade(cohort, at(7.0), perception_for(cohort, u), "discomfort", "t", 1)
    assert (grade >= 5).mean() == pytest.approx(1 / (1 + np.exp(-offset / 0.08)), abs=0.02)


def test_grades_are_whole_and_on_the_scale(cohort: Cohort) -> None:
    for kind in ("discomfort", "muscle_twitch", "rib_sensation", "cough"):
        for amplitude_ma in (0.0, 7.0, 25.0):
            perception = np.full((cohort.size, 1), 6.0)
            grade = reported_grade(cohort, at(amplitude_ma), perception, kind, "t", 1)
            assert set(np.unique(grade)) <= set(range(11))


def test_the_expected_grade_rises_with_current_and_below_perception_is_nothing_for_almost_all(
    cohort: Cohort,
) -> None:
    perception = np.full((cohort.size, 1), 6.0)
    grades = np.hstack(
        [expected_grade(cohort, at(a), perception, "discomfort") for a in (0.0, 5.9, 7.0, 8.0, 9.0)]
    )
    assert (grades[:, 0] == 0).all()
    assert (grades[:, 1] == 0).mean() > 0.97
    assert (np.diff(grades, axis=1) >= 0).all()


def test_muscles_twitch_at_twice_perception_and_the_rib_is_felt_near_it(cohort: Cohort) -> None:
    perception = np.full((cohort.size, 1), 5.0)
    twitch = [expected_grade(cohort, at(a), perception, "muscle_twitch").mean() for a in (6.0, 10.0, 15.0)]
    assert twitch[0] < 0.05 < twitch[1] < twitch[2]
    rib = expected_grade(cohort, at(7.0), perception, "rib_sensation")[:, 0]
    near = abs(cohort["rib_level"][:, 0] - 4.0) < 1.0
    assert rib[near].mean() > 2 * rib[~near].mean()


def test_irritated_skin_is_a_persons_own_and_needs_current_on_the_skin() -> None:
    tens = draw_cohort(load_preset("tens"), 3, 4000)
    stimulus = Stimulus(
        amplitude_ma=np.array([0.0, 10.0, 40.0]),
        pulse_width_us=np.full(3, 150.0),
        frequency_hz=np.full(3, 80.0),
        cathodes=np.eye(4)[[1, 1, 1]],
    )
    grade = expected_grade(tens, stimulus, np.full((4000, 1), 12.0), "skin_irritation")
    assert (grade[:, 0] == 0).all()
    assert np.array_equal(grade[:, 1], grade[:, 2])
    assert (grade[:, 1] > 0).mean() == pytest.approx(0.182, abs=0.02)
    assert grade.max() < 4.0
