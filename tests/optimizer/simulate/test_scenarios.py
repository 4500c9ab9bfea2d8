import numpy as np
import pytest

from optimizer.errors import DataError
from optimizer.simulate.scenarios import SCENARIOS, load_scenario
from optimizer.space.parameter import CONFIGURATION


@pytest.fixture(scope="module")
def scenario() -> object:
    return load_scenario("scs-tonic")


def test_the_headline_scenario_is_the_one_the_arena_declares(scenario) -> None:
    problem = scenario.problem
    assert scenario.envelope == {
        "amplitude_ma": (0.0, 12.0),
        "pulse_width_us": (60.0, 600.0),
        "frequency_hz": (10.0, 120.0),
    }
    assert len(problem.space.parameter(CONFIGURATION).levels) == 8
    assert [effect.name for effect in problem.side_effects] == ["discomfort"]
    assert len(scenario.patient(0).respond(scenario.start(0), scenario.context(), scenario.started_at)) == 2


def test_legal_settings_are_exactly_those_the_problem_allows(scenario) -> None:
    legal = scenario.legal
    assert len(np.unique(legal, axis=0)) == len(legal)
    drawn = scenario.problem.space.draw(np.random.default_rng(0), 20_000)
    keys = legal @ np.array([1, 10**4, 10**8, 10**12])
    inside = np.isin(drawn @ np.array([1, 10**4, 10**8, 10**12]), keys)
    assert inside.sum() > 20
    assert np.array_equal(inside, scenario.problem.allowed(drawn))


@pytest.mark.parametrize("seed", range(3))
def test_the_start_is_just_felt_beside_the_best_configuration(scenario, seed: int) -> None:
    start, best, truth = scenario.start(seed), scenario.best(seed), scenario.truth(seed)
    assert scenario.problem.check(start)
    assert start["amplitude_ma"] == pytest.approx(1.05 * truth.perception_of(start), abs=0.051)
    axis = scenario.problem.space.names.index(CONFIGURATION)
    assert abs(start.indices[axis] - best.indices[axis]) == 1
    assert truth.relief_of(start) < truth.relief_of(best)


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_scenario_starts_legally_and_its_best_is_tolerable(name: str) -> None:
    scenario = load_scenario(name)
    start, best, truth = scenario.start(5), scenario.best(5), scenario.truth(5)
    assert scenario.problem.check(start)
    assert scenario.problem.check(best)
    assert truth.grade_of(best) <= scenario.problem.tolerability.limit_grade
    assert truth.relief_of(best) >= truth.relief_of(start)


def test_a_ganglion_needs_a_tenth_of_the_current_and_no_high_rate() -> None:
    drg = load_scenario("drg")
    for seed in range(4):
        assert drg.start(seed)["amplitude_ma"] < 3.0
        assert drg.best(seed)["frequency_hz"] == 4.0  # the first of a plateau from 4 to 40 Hz


def test_equal_seeds_are_equal_patients_and_others_are_others(scenario) -> None:
    assert scenario.best(3) == scenario.best(3)
    assert len({scenario.start(seed) for seed in range(2)}) == 2


def test_no_setting_helps_a_null_patient() -> None:
    null = load_scenario("scs-tonic-null")
    legal = null.legal[::997]
    assert (null.truth(1).relief_nrs(legal) == 0).all()


def test_an_unknown_scenario_is_answered_with_the_known_ones() -> None:
    with pytest.raises(DataError) as error:
        load_scenario("atlantis")
    for name in SCENARIOS:
        assert name in str(error.value)
