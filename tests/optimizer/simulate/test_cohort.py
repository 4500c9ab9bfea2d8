import numpy as np

from optimizer.simulate.cohort import draw_cohort
from optimizer.simulate.preset import load_preset

TONIC = load_preset("tonic")


def test_one_patient_is_a_cohort_of_one() -> None:
    one, many = draw_cohort(TONIC, 4), draw_cohort(TONIC, 4, 50)
    for name in TONIC.laws:
        assert one[name] == many[name][:1], name
    assert np.array_equal(one.field, many.field[:1])
    assert np.array_equal(one.cuts_nrs, many.patient(0).cuts_nrs)


def test_seeds_make_different_patients() -> None:
    assert draw_cohort(TONIC, 1)["rheobase_ma"] != draw_cohort(TONIC, 2)["rheobase_ma"]


def test_thresholds_of_near_levels_resemble_each_other() -> None:
    field = draw_cohort(TONIC, 0, 4000).field
    correlation = np.corrcoef(field.T)[0]
    assert field.std() == np.clip(field.std(), 0.115, 0.125)
    assert np.allclose(correlation[[1, 2, 4]], np.exp(-0.5 * (np.array([1, 2, 4]) / 2.0) ** 2), atol=0.05)


def test_personal_cut_points_ascend() -> None:
    cuts = draw_cohort(TONIC, 0, 1000).cuts_nrs
    assert (np.diff(cuts, axis=1) >= 0).all()
    assert np.allclose(cuts.mean(axis=0), np.arange(10) + 0.5, atol=0.02)
