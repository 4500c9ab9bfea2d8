import numpy as np
import pytest

from optimizer.errors import DataError
from optimizer.simulate.scenarios import load_scenario
from optimizer.trial import Measure

SCENARIO = load_scenario("scs-tonic")


def test_no_tolerable_legal_setting_is_better_than_the_best() -> None:
    truth, best = SCENARIO.truth(6), SCENARIO.best(6)
    limit = SCENARIO.problem.tolerability.limit_grade
    tolerable = truth.grade(SCENARIO.legal) <= limit
    assert truth.relief_of(best) == truth.relief_nrs(SCENARIO.legal)[tolerable].max()
    assert truth.grade_of(best) <= limit
    assert SCENARIO.problem.check(best)


def test_relief_is_counted_against_no_stimulation() -> None:
    truth = SCENARIO.truth(6)
    off = SCENARIO.legal[SCENARIO.legal[:, 0] == 0][:5]
    assert np.allclose(truth.relief_nrs(off), 0.0, atol=1e-6)
    assert truth.relief_of(SCENARIO.best(6)) > 0.5


def test_reports_scatter_around_the_truth() -> None:
    best = SCENARIO.best(4)
    row = np.array([best.indices])
    errors, grades = [], []
    for seed in range(60):
        patient, truth = SCENARIO.patient(seed), SCENARIO.truth(seed)
        told = {a.measure: a.value for a in patient.respond(best, SCENARIO.context(), SCENARIO.started_at)}
        errors.append(told[Measure.PAIN] - truth.pain_nrs(row)[0])
        grades.append(told[Measure.SIDE_EFFECT] - truth.grade_of(best))
    assert abs(np.mean(errors)) < 0.6
    assert 0.8 < np.std(errors) < 2.2
    assert abs(np.mean(grades)) < 0.4


def test_settings_without_a_tolerable_one_among_them_have_no_best() -> None:
    truth = SCENARIO.truth(6)
    harsh = SCENARIO.legal[truth.grade(SCENARIO.legal) > 9][:10]
    assert len(harsh) == 10
    with pytest.raises(DataError, match="tolerable"):
        truth.best(harsh)
