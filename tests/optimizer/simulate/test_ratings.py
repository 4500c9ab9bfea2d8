import numpy as np
import pytest

from optimizer.simulate.cohort import Cohort, draw_cohort
from optimizer.simulate.preset import load_preset
from optimizer.simulate.ratings import Completeness, answers, whole_number


@pytest.fixture(scope="module")
def cohort() -> Cohort:
    return draw_cohort(load_preset("tonic"), 5, 8000)


def test_ratings_are_whole_numbers_on_the_scale_however_pain_is_felt(cohort: Cohort) -> None:
    for latent in (-5.0, 0.2, 4.4, 9.7, 30.0):
        marked = whole_number(cohort, np.full((cohort.size, 1), latent), "t", 1)
        assert set(np.unique(marked)) <= set(range(11))


def test_most_people_mark_the_nearest_number_and_slips_are_rare(cohort: Cohort) -> None:
    marked = whole_number(cohort, np.full((cohort.size, 1), 5.0), "t", 1)
    assert (marked == 5).mean() > 0.97
    assert (abs(marked - 5) >= 2).mean() == pytest.approx(0.01, abs=0.005)


def test_end_points_attract(cohort: Cohort) -> None:
    marked = whole_number(cohort, np.full((cohort.size, 1), 9.0), "t", 1)
    assert (marked == 10).mean() == pytest.approx(0.05, abs=0.012)


def test_personal_cut_points_blur_a_rating_halfway(cohort: Cohort) -> None:
    marked = whole_number(cohort, np.full((cohort.size, 1), 4.5), "t", 1)
    assert (marked == 4).mean() == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize(
    ("completeness", "mean"),
    [(Completeness.COMPLETE, 1.0), (Completeness.SUPERVISED, 0.851), (Completeness.REAL_WORLD, 0.583)],
)
def test_completion_is_that_of_its_setting(cohort: Cohort, completeness: Completeness, mean: float) -> None:
    assert answers(cohort, completeness, "t", 0).mean() == pytest.approx(mean, abs=0.015)


def test_two_in_three_real_world_users_answer_on_half_their_days(cohort: Cohort) -> None:
    assert (cohort["answer_probability"] >= 0.5).mean() == pytest.approx(0.644, abs=0.03)


def test_who_is_silent_differs_by_person_and_grows_with_time(cohort: Cohort) -> None:
    early, late = (answers(cohort, Completeness.REAL_WORLD, "t", day).mean() for day in (0, 200))
    assert late < 0.75 * early
