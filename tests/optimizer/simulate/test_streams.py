import numpy as np

from optimizer.simulate.streams import normal, stream, uniform


def test_equal_keys_give_equal_numbers_and_any_other_key_gives_others() -> None:
    reference = stream(7, "day noise", 3).random(4)
    assert np.array_equal(reference, stream(7, "day noise", 3).random(4))
    for other in (stream(8, "day noise", 3), stream(7, "flare", 3), stream(7, "day noise", 4)):
        assert not np.isin(reference, other.random(1000)).any()


def test_a_patient_does_not_depend_on_how_many_are_drawn_with_them() -> None:
    for draw in (normal, uniform):
        assert np.array_equal(draw(1, "x", 2, 500)[:10], draw(1, "x", 2, 10))


def test_days_before_the_first_trial_have_streams_of_their_own() -> None:
    assert stream(0, "x", -1).random() != stream(0, "x", 0).random()


def test_neighbouring_days_are_uncorrelated() -> None:
    days = np.hstack([normal(5, "day noise", day, 2000) for day in range(4)])
    assert abs(np.corrcoef(days.T) - np.eye(4)).max() < 0.08
