"""What every scenario promises whoever uses it, whatever its patients are made of."""

from datetime import timedelta

import numpy as np
import pytest

from optimizer.simulate.scenario import Scenario
from optimizer.simulate.scenarios import load_scenario, scenario_names
from optimizer.trial import Measure

CHUNK = 50_000
EVERY = scenario_names()
VARIANTS = [name for name in EVERY if name.startswith(("scs-tonic-", "effect-"))]
DISTINCT = [name for name in EVERY if name not in VARIANTS] + ["scs-tonic-all-day", "effect-0.3"]
"""One scenario of each kind; the others differ from one of these by the numbers of a preset."""


def check_the_best(scenario: Scenario, seed: int) -> None:
    """Hold best and start of a patient against every legal setting."""
    truth, limit = scenario.truth(seed), scenario.problem.tolerability.limit_grade
    best, start = scenario.best(seed), scenario.start(seed)
    assert scenario.problem.check(best)
    assert scenario.problem.check(start)
    assert truth.grade_of(best) <= limit
    assert truth.grade_of(start, 0.0) <= limit
    found = -np.inf
    for rows in np.array_split(scenario.legal, len(scenario.legal) // CHUNK + 1):
        tolerable = rows[truth.grade(rows) <= limit]
        found = max(found, truth.relief_nrs(tolerable).max(initial=-np.inf))
    assert truth.relief_of(best) == pytest.approx(found, abs=1e-9)
    assert found >= 0.0  # stimulation off is among the legal settings, or something helps


@pytest.mark.parametrize("name", DISTINCT)
def test_no_legal_tolerable_setting_is_better_than_the_best_and_the_start_is_tolerable(name: str) -> None:
    check_the_best(load_scenario(name), 0)


@pytest.mark.acceptance
@pytest.mark.parametrize("name", EVERY)
def test_the_best_of_eight_patients_is_the_best_by_exhaustion(name: str) -> None:
    for seed in range(8):
        check_the_best(load_scenario(name), seed)


@pytest.mark.parametrize("name", EVERY)
def test_answers_are_on_the_declared_scales_and_about_declared_kinds(name: str) -> None:
    scenario = load_scenario(name)
    problem, start = scenario.problem, scenario.start(0)
    said = 0
    for number in range(6):
        for context, at in scenario.questions(number):
            for answer in scenario.patient(0).respond(start, context, at):
                kind = problem.side_effect(answer.kind)
                scale = problem.outcome if answer.measure is Measure.PAIN else kind.scale
                assert scale.check(answer.value, "value") == answer.value
                assert answer.recorded_at >= answer.occurred_at
                said += 1
    assert said > 2


@pytest.mark.parametrize("name", EVERY)
def test_a_trial_is_rated_after_it_began_and_before_the_next(name: str) -> None:
    scenario = load_scenario(name)
    assert scenario.begins_at(0) == scenario.started_at
    for number in range(9):
        rated = [at for _, at in scenario.questions(number)]
        assert scenario.begins_at(number) <= min(rated)
        # an ask is put an hour before the next trial; what the patient said until then is on record
        assert max(rated) <= scenario.begins_at(number + 1) - timedelta(hours=1)
