"""SafeOpt's rule: bounds of a Gaussian process, nothing outside the safe set, expanders as the paper defines them."""

from datetime import timedelta

import numpy as np
import pytest
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern

from optimizer.ask import Ask
from optimizer.decision import Proposal
from optimizer.evaluate.peers.safe_opt import CONFIDENCE, LENGTH, SAFE_OPT, Bounds, expanders
from optimizer.history import EPOCH, applied, history_from_rows
from optimizer.problem import stimulation_problem
from optimizer.space.device import load_device
from tests.optimizer.evaluate.peers.courses import START, steered_course

RNG = np.random.default_rng(0)
TRIED, ROWS = RNG.random((12, 2)), RNG.random((60, 2))
VALUES = np.array([4.0] * 9 + [-2.0] * 3)
SD, NOISE_SD = 3.0, 0.75


def test_the_bounds_are_those_of_an_independent_gaussian_process() -> None:
    kernel = ConstantKernel(SD**2, "fixed") * Matern(LENGTH, "fixed", nu=2.5)
    reference = GaussianProcessRegressor(kernel, alpha=NOISE_SD**2, optimizer=None).fit(TRIED, VALUES)
    mean, sd = reference.predict(ROWS, return_std=True)
    low, high = Bounds.fit(TRIED, VALUES, SD, NOISE_SD).at(ROWS)
    np.testing.assert_allclose(low, mean - CONFIDENCE * sd, atol=1e-8)
    np.testing.assert_allclose(high, mean + CONFIDENCE * sd, atol=1e-8)


def test_an_expander_is_what_seen_at_its_upper_bound_makes_something_safe() -> None:
    margin = Bounds.fit(TRIED, VALUES, SD, NOISE_SD)
    low, high = margin.at(ROWS)
    safe = low >= 0
    found = expanders(margin, ROWS, safe, high - low)
    assert 0 < found.sum() < safe.sum(), "some expand and some do not"
    for place in np.flatnonzero(safe):
        seen = Bounds.fit(np.vstack([TRIED, ROWS[place]]), np.append(VALUES, high[place]), SD, NOISE_SD)
        assert found[place] == bool((seen.at(ROWS[~safe])[0] >= 0).any())


@pytest.mark.parametrize("seed", range(5))
def test_it_asks_for_nothing_that_the_bounds_do_not_hold_safe(seed: int) -> None:
    problem, history, ask = steered_course(13)  # the limit is passed at 6 mA
    found = SAFE_OPT.start(problem, seed=seed).decide(history, ask)
    assert isinstance(found, Proposal)
    assert float(found.settings["amplitude_ma"]) < 6.0


def test_from_one_tolerated_start_it_takes_a_step_and_not_a_leap() -> None:
    problem = stimulation_problem(load_device("scs-tonic"), envelope={"amplitude_ma": (0.0, 12.0)})
    history = history_from_rows(problem, [{**START, "pain": 6, "discomfort": 0}])
    ask = Ask(at=EPOCH + timedelta(days=1), in_force=applied(problem, START))
    for seed in range(10):
        found = SAFE_OPT.start(problem, seed=seed).decide(history, ask)
        assert isinstance(found, Proposal)
        assert found.settings.as_dict() != START
        assert abs(float(found.settings["amplitude_ma"]) - 4.0) <= 0.5 * LENGTH * 12.0


@pytest.mark.parametrize(("discomfort", "returns"), [(3, True), (5, False)])
def test_the_start_is_safe_by_declaration_as_long_as_it_was_tolerated(
    discomfort: int, *, returns: bool
) -> None:
    problem = stimulation_problem(load_device("scs-tonic"), envelope={"amplitude_ma": (0.0, 12.0)})
    history = history_from_rows(problem, [{**START, "pain": 6, "discomfort": discomfort}])
    elsewhere = {**START, "amplitude_ma": 4.1}
    ask = Ask(at=EPOCH + timedelta(days=1), in_force=applied(problem, elsewhere))
    found = SAFE_OPT.start(problem, seed=0).decide(history, ask)
    assert isinstance(found, Proposal)
    # near the limit one report holds nothing else safe; with no safe setting at all it stays where it is
    assert found.settings.as_dict() == (START if returns else elsewhere)
