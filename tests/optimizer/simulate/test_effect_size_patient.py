from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from optimizer.errors import DataError
from optimizer.simulate.effect_size_scenario import EFFECT_SIZE_SCENARIOS
from optimizer.trial import RungOutcome

SCENARIO = EFFECT_SIZE_SCENARIOS["effect-0.6"]


def test_the_effect_is_the_declared_share_of_the_scatter_of_one_rating() -> None:
    day = SCENARIO.started_at
    pairs = []
    scatter = []
    for seed in range(25):
        patient, best = SCENARIO.patient(seed), SCENARIO.best(seed)
        off = replace(SCENARIO.context(), stimulation_on=False)
        at = [day + timedelta(days=n) for n in range(60)]
        without = np.array([patient.respond(best, off, t)[0].value for t in at])
        with_it = np.array([patient.respond(best, SCENARIO.context(), t)[0].value for t in at])
        pairs.append(without.mean() - with_it.mean())
        scatter.append(without.var(ddof=1))
    sd = np.sqrt(np.mean(scatter))
    assert sd == pytest.approx(1.25, abs=0.06)
    assert np.mean(pairs) / sd == pytest.approx(0.6, abs=0.06)


def test_a_day_is_lived_once_whatever_was_asked_before() -> None:
    start, best = SCENARIO.start(4), SCENARIO.best(4)
    at = [SCENARIO.started_at + timedelta(days=day) for day in (0, 3, 9)]
    forward, backward = SCENARIO.patient(4), SCENARIO.patient(4)
    told = {t: forward.respond(start, SCENARIO.context(), t) for t in at}
    for t in reversed(at):
        backward.respond(best, SCENARIO.context(), t)
        assert backward.respond(start, SCENARIO.context(), t) == told[t]
    assert len({answers[0].value for answers in told.values()}) > 1


def test_reported_grades_scatter_around_the_true_one() -> None:
    strong = SCENARIO.start(1).as_dict() | {"amplitude_ma": 6.0}
    truth, patient = SCENARIO.truth(1), SCENARIO.patient(1)
    told = [
        patient.respond(strong, SCENARIO.context(), SCENARIO.started_at + timedelta(days=day))[1].value
        for day in range(100)
    ]
    assert 1.0 < truth.grade_of(strong) < 9.0
    assert np.mean(told) == pytest.approx(truth.grade_of(strong), abs=0.3)
    assert 0.5 < np.std(told) < 1.2


def test_a_ramp_names_perception_once_and_stops_where_it_is_uncomfortable() -> None:
    levels = [0.2 * step for step in range(1, 61)]
    for seed in range(10):
        patient, truth, start = SCENARIO.patient(seed), SCENARIO.truth(seed), SCENARIO.start(seed)
        rungs = patient.ramp_to(start, levels, SCENARIO.context(), SCENARIO.started_at)
        outcomes = [rung.outcome for rung in rungs]
        assert outcomes.count(RungOutcome.PERCEPTION) == 1
        assert outcomes[-1] is RungOutcome.DISCOMFORT
        assert RungOutcome.DISCOMFORT not in outcomes[:-1]
        felt_ma = rungs[outcomes.index(RungOutcome.PERCEPTION)].amplitude_ma
        assert truth.perception_of(start) <= felt_ma < truth.perception_of(start) + 0.2001


def test_settings_without_a_tolerable_one_among_them_have_no_best() -> None:
    truth = SCENARIO.truth(0)
    harsh = SCENARIO.legal[truth.grade(SCENARIO.legal) > 9][:5]
    assert len(harsh) == 5
    with pytest.raises(DataError, match="tolerable"):
        truth.best(harsh)
