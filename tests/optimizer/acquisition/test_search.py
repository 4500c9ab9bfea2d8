"""Candidates are legal grid points, near what is known first, and large spaces are never listed."""

from dataclasses import replace

import numpy as np
import pytest

from optimizer.acquisition import search
from optimizer.problem import Problem, stimulation_problem
from optimizer.safety import limits
from optimizer.space.device import load_device
from optimizer.space.parameter import categorical
from tests.optimizer.models.courses import ROWS, START, asked, indices, tonic


@pytest.fixture(scope="module")
def problem() -> Problem:
    return tonic()


def test_a_space_of_millions_is_not_listed(problem: Problem) -> None:
    assert problem.space.raw_size > 10_000_000
    assert search.listed(problem) is None


def test_every_candidate_lies_inside_the_envelope(problem: Problem) -> None:
    history, ask = asked(problem, ROWS)
    rng = np.random.default_rng(0)
    around = search.known(problem, history, ask)
    for points in (search.near(problem, around, rng), search.far(problem, rng)):
        assert bool(problem.inside_envelope(points).all())
        assert len(np.unique(points, axis=0)) == len(points)


def test_the_settings_in_force_are_the_first_known_ones(problem: Problem) -> None:
    history, ask = asked(problem, ROWS)
    assert ask.in_force.settings is not None
    assert tuple(search.known(problem, history, ask)[0]) == ask.in_force.settings.indices


def test_first_proposals_stay_next_to_the_settings_in_force(problem: Problem) -> None:
    history, ask = asked(problem, ROWS[:1])
    elsewhere = indices(
        problem, {**START, "configuration": "level-4"}, {**START, "amplitude_ma": 12.0}, START
    )
    assert search.close(problem, history, ask, elsewhere).tolist() == [False, False, True]


def test_a_first_proposal_changes_two_parameters_at_most() -> None:
    problem = stimulation_problem(load_device("vns-implanted"))
    start = {"amplitude_ma": 0.5, "pulse_width_us": 250.0, "frequency_hz": 20.0, "on_s": 30.0, "off_s": 300.0}
    history, ask = asked(problem, [{**start, "pain": 6, "discomfort": 0}])
    two = {**start, "amplitude_ma": 0.625, "off_s": 600.0}
    assert search.close(problem, history, ask, indices(problem, two, {**two, "on_s": 21.0})).tolist() == [
        True,
        False,
    ]


def test_later_ones_move_at_most_two_places_along_the_lead(problem: Problem) -> None:
    history, ask = asked(problem, ROWS)
    levels = [{**START, "configuration": f"level-{level}"} for level in (1, 5, 6, 7)]
    assert search.close(problem, history, ask, indices(problem, *levels)).tolist() == [
        True,
        True,
        True,
        False,
    ]


def test_the_way_towards_a_target_out_of_reach_is_admissible_and_weaker(problem: Problem) -> None:
    history, ask = asked(problem, ROWS)
    target = indices(problem, {**START, "amplitude_ma": 9.0, "configuration": "level-4"})
    assert not limits.admissible(problem, history, ask, target)[0]
    reached, steps = search.towards(limits.gate_of(problem, history, ask), target)
    assert steps[0] >= 1
    assert limits.admissible(problem, history, ask, reached)[0]
    assert reached[0, 0] < target[0, 0]


def test_a_current_is_rounded_down_to_the_grid(problem: Problem) -> None:
    points = indices(problem, START)
    changed = search.at_current(problem, points, np.array([5.57]))
    assert problem.space.at(changed[0])["amplitude_ma"] == 5.5


def test_refinement_keeps_the_candidates_it_started_from() -> None:
    problem = tonic()
    best = indices(problem, START)
    found = search.refined(problem, best, np.random.default_rng(0))
    assert (found == best[0]).all(axis=1).any()
    assert len(load_device("scs-tonic").space.parameters) == found.shape[1]


def test_stimulation_off_is_never_proposed_not_even_first(problem: Problem) -> None:
    off = {**START, "amplitude_ma": 0.0}
    history, ask = asked(problem, [{**off, "pain": 7}])
    points = indices(problem, off, {**off, "pulse_width_us": 310.0}, {**off, "amplitude_ma": 0.1})
    assert search.close(problem, history, ask, points).tolist() == [False, False, True]


def test_two_configurations_of_one_centroid_do_not_shut_the_rest_of_the_lead(problem: Problem) -> None:
    first, *others = problem.space.configurations
    twin = replace(first, name="twin", shares={**first.shares})
    names = categorical("configuration", [first.name, twin.name, *(entry.name for entry in others)])
    parameters = tuple(names if p.name == "configuration" else p for p in problem.space.parameters)
    space = replace(problem.space, parameters=parameters, configurations=(first, twin, *others))
    twins = replace(problem, space=space)
    history, ask = asked(twins, ROWS)
    elsewhere = indices(twins, {**START, "configuration": "level-5"})
    assert search.close(twins, history, ask, elsewhere).tolist() == [True]


def test_weaker_settings_come_strongest_first_and_never_off() -> None:
    problem = tonic()
    _, ask = asked(problem, [{**START, "amplitude_ma": 0.3, "pain": 6}])
    found = [problem.space.at(row)["amplitude_ma"] for row in search.weaker(problem, ask)]
    assert found == [0.2, 0.1]
