import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.simulate.effect_size_scenario import EFFECT_SIZE_SCENARIOS

SMALLEST = EFFECT_SIZE_SCENARIOS["effect-0.1"]
LIMIT = 4.0


@given(st.integers(0, 10_000), st.sampled_from(sorted(EFFECT_SIZE_SCENARIOS)))
def test_no_legal_tolerable_setting_beats_the_best_which_gives_exactly_the_effect(
    seed: int, name: str
) -> None:
    scenario = EFFECT_SIZE_SCENARIOS[name]
    truth, best, legal = scenario.truth(seed), scenario.best(seed), scenario.legal
    tolerable = legal[truth.grade(legal) <= LIMIT]
    assert scenario.problem.check(best)
    assert truth.grade_of(best) <= LIMIT
    assert truth.relief_nrs(tolerable).max() == truth.relief_of(best)
    assert truth.relief_of(best) == pytest.approx(scenario.effect_size * 1.25)


@given(st.integers(0, 10_000))
def test_the_start_is_legal_felt_and_tolerable(seed: int) -> None:
    start, truth = SMALLEST.start(seed), SMALLEST.truth(seed)
    assert SMALLEST.problem.check(start)
    assert start["amplitude_ma"] == pytest.approx(1.05 * truth.perception_of(start), abs=0.051)
    assert truth.grade_of(start) < 1.0


def test_only_amplitude_and_width_vary() -> None:
    varied = [len(np.unique(column)) for column in SMALLEST.legal.T]
    named = dict(zip(SMALLEST.problem.space.names, varied, strict=True))
    assert {name for name, levels in named.items() if levels > 1} == {"amplitude_ma", "pulse_width_us"}
    assert len(SMALLEST.legal) > 5_000


def test_the_best_lies_away_from_the_edges_and_is_worth_leaving_the_start_for() -> None:
    gained = []
    for seed in range(40):
        best, truth = SMALLEST.best(seed), SMALLEST.truth(seed)
        assert 0.5 < best["amplitude_ma"] < 11.5
        assert 100.0 < best["pulse_width_us"] < 560.0
        gained.append(1.0 - truth.relief_of(SMALLEST.start(seed)) / truth.relief_of(best))
    assert np.mean(gained) > 0.4


def test_more_relief_lies_beyond_the_boundary_for_some() -> None:
    beyond = [
        SMALLEST.truth(seed).relief_nrs(SMALLEST.legal).max() > SMALLEST.effect_size * 1.25 + 1e-9
        for seed in range(30)
    ]
    assert 5 <= sum(beyond) <= 25


def test_the_same_patients_meet_every_effect_size() -> None:
    for seed in range(3):
        assert len({scenario.best(seed) for scenario in EFFECT_SIZE_SCENARIOS.values()}) == 1
        assert len({scenario.start(seed) for scenario in EFFECT_SIZE_SCENARIOS.values()}) == 1
