"""What every scenario promises whoever uses it, whatever its patients are made of."""

from datetime import timedelta

import numpy as np
import pytest

from optimizer.simulate.scenarios import load_scenario, scenario_names
from optimizer.trial import Measure

CHUNK = 50_000


def patients(full_counts: bool) -> range:
    return range(8 if full_counts else 1)


@pytest.mark.sampled
@pytest.mark.parametrize("name", scenario_names())
def test_no_legal_tolerable_setting_is_better_than_the_best(name: str, full_counts: bool) -> None:
    scenario = load_scenario(name)
    legal, limit = scenario.legal, scenario.problem.tolerability.limit_grade
    for seed in patients(full_counts):
        best, truth = scenario.best(seed), scenario.truth(seed)
        assert scenario.problem.check(best)
        assert truth.grade_of(best) <= limit
        found = -np.inf
        for rows in np.array_split(legal, len(legal) // CHUNK + 1):
            tolerable = rows[truth.grade(rows) <= limit]
            found = max(found, truth.relief_nrs(tolerable).max(initial=-np.inf))
        assert truth.relief_of(best) == pytest.approx(found, abs=1e-9)
        assert found >= 0.0  # stimulation off is among the legal settings, or something helps


@pytest.mark.sampled
@pytest.mark.parametrize("name", scenario_names())
def test_the_start_is_legal_and_tolerable_and_no_better_than_the_best(name: str, full_counts: bool) -> None:
    scenario = load_scenario(name)
    for seed in patients(full_counts):
        start, truth = scenario.start(seed), scenario.truth(seed)
        assert scenario.problem.check(start)
        assert truth.grade_of(start, 0.0) <= scenario.problem.tolerability.limit_grade
        assert truth.relief_of(start) <= truth.relief_of(scenario.best(seed)) + 1e-9


@pytest.mark.parametrize("name", scenario_names())
def test_answers_are_on_the_declared_scales_and_about_declared_kinds(name: str) -> None:
    scenario = load_scenario(name)
    problem, start = scenario.problem, scenario.start(0)
    said = 0
    for number in range(6):
        for context, at in scenario.questions(number):
            assert at >= scenario.started_at + number * scenario.interval
            for answer in scenario.patient(0).respond(start, context, at):
                kind = problem.side_effect(answer.kind)
                scale = problem.outcome if answer.measure is Measure.PAIN else kind.scale
                assert scale.check(answer.value, "value") == answer.value
                assert answer.recorded_at >= answer.occurred_at
                said += 1
    assert said > 2


@pytest.mark.parametrize("name", scenario_names())
def test_trials_lie_a_day_or_more_apart(name: str) -> None:
    assert load_scenario(name).interval >= timedelta(days=1)
