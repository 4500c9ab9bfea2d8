import numpy as np
import pytest

from optimizer.evaluate.attainable import Attainable, attainable
from optimizer.simulate.scenarios import load_scenario
from optimizer.space.constraint import Quantity, measure


def test_the_most_that_can_be_had_is_what_the_best_settings_relieve() -> None:
    for name in ("effect-0.6", "vns"):
        scenario = load_scenario(name)
        for seed in range(8):  # some of them have more beyond what they tolerate
            best = scenario.truth(seed).relief_of(scenario.best(seed))
            assert attainable(name, seed).most_nrs == pytest.approx(best, abs=1e-9)


def test_no_legal_tolerable_setting_is_cheaper_and_relieves_as_much() -> None:
    scenario = load_scenario("effect-0.6")
    truth, legal = scenario.truth(5), scenario.legal
    borne = legal[truth.grade(legal) <= 4.0]
    relief = truth.relief_nrs(borne)
    charge = measure(Quantity.CHARGE_PER_SECOND, scenario.problem.space.columns(borne))
    found = attainable("effect-0.6", 5)
    for wanted in np.linspace(0.0, 0.75, 16):
        enough = relief >= wanted - found.near_tie_nrs
        assert found.cheapest_uc_per_s(np.array([wanted]))[0] == pytest.approx(charge[enough].min())


def test_what_nothing_tolerable_relieves_costs_as_much_as_the_most_that_can_be_had() -> None:
    frontier = Attainable(uc_per_s=np.array([1.0, 4.0]), relief_nrs=np.array([0.5, 2.0]), near_tie_nrs=0.3)
    assert frontier.cheapest_uc_per_s(np.array([0.7, 0.9, 9.0])).tolist() == [1.0, 4.0, 4.0]


def test_the_ridge_has_equals_that_cost_far_less_than_the_best() -> None:
    scenario = load_scenario("scs-tonic-ridge")
    best = scenario.best(1)
    spent = measure(Quantity.CHARGE_PER_SECOND, scenario.problem.space.columns(np.array([best.indices])))[0]
    found = attainable("scs-tonic-ridge", 1)
    assert found.cheapest_uc_per_s(np.array([found.most_nrs]))[0] < spent / 3
