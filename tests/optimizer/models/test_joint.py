"""Reports in portions: the same for a course and a longer one, other for everything that decides the draws."""

from dataclasses import replace

import pytest
import torch

from optimizer.history import history_from_rows
from optimizer.models.dataset import DTYPE, dataset_of, points_of
from optimizer.models.hyperposterior import Memory
from optimizer.models.joint import Joint, joint_of
from optimizer.prior import NO_PRIOR, Prior
from optimizer.problem import Problem
from tests.optimizer.models.courses import ROWS, START, indices, tonic

PROBLEM = tonic()


def joint(
    rows: list[dict[str, object]], *, problem: Problem = PROBLEM, prior: Prior = NO_PRIOR, **start: object
) -> Joint:
    place = points_of(problem, indices(problem, {**START, **start}))
    return joint_of(problem, dataset_of(problem, history_from_rows(problem, rows)), place, prior=prior)


def keys(whole: Joint, seed: int = 0) -> list[bytes]:
    return [portion.key for portion in whole.portions(seed)]


def test_a_longer_course_begins_with_the_portions_of_a_shorter() -> None:
    long, short = keys(joint(ROWS * 8)), keys(joint(ROWS * 5))
    assert [portion.number for portion in joint(ROWS * 8).portions(0)] == [*range(1, 31), 33, 36, 40]
    # all but the last, which ends where the shorter course does
    assert long[: len(short) - 1] == short[:-1]
    assert len(set(long)) == len(long)


def test_the_portions_of_a_course_let_in_every_report_once() -> None:
    whole = joint(ROWS * 8)
    read = [portion.read() for portion in whole.portions(0)]
    assert sum(int(reports.new.sum()) for reports in read) == len(whole.trials)
    white = torch.randn(2, whole.hyperprior.size, generator=torch.Generator().manual_seed(0), dtype=DTYPE)
    added = sum(reports.log_densities(white)[:, reports.new].sum(1) for reports in read)
    assert torch.allclose(added, whole.log_likelihood(white))


def test_what_only_side_effects_depend_on_is_moved_by_their_densities_alone() -> None:
    whole = joint(ROWS)
    reports = whole.portions(0)[-1].read()
    aside, n_ratings = reports.aside, len(whole.dataset.relief)
    assert aside is not None
    assert torch.equal(aside.new, reports.new[n_ratings:])
    white = torch.randn(3, whole.hyperprior.size, generator=torch.Generator().manual_seed(0), dtype=DTYPE)
    moved = white.index_copy(1, aside.columns, torch.full((3, len(aside.columns)), 0.7, dtype=DTYPE))
    before, after = reports.log_densities(white), reports.log_densities(moved)
    assert torch.equal(before[:, :n_ratings], after[:, :n_ratings])
    assert not torch.allclose(before[:, n_ratings:], after[:, n_ratings:])
    assert torch.equal(aside.given(white)(moved[:, aside.columns]), after[:, n_ratings:])


def test_a_course_without_a_report_of_side_effects_has_nothing_aside() -> None:
    silent = [{key: value for key, value in row.items() if key != "discomfort"} for row in ROWS]
    assert joint(silent).portions(0)[-1].read().aside is None


@pytest.mark.parametrize(
    "other",
    [
        joint([{**ROWS[0], "pain": 6}, *ROWS[1:]]),
        joint([{**ROWS[0], "discomfort": 2}, *ROWS[1:]]),
        joint(ROWS, amplitude_ma=4.0),
        joint(ROWS, problem=replace(PROBLEM, outcome=replace(PROBLEM.outcome, high=100.0))),
        joint(ROWS, prior=Prior(version="other", hyperparameters={"effect": (3.0, 0.6)})),
    ],
    ids=["a rating", "a grade", "the start", "the scale", "the prior"],
)
def test_whatever_decides_the_draws_is_in_every_key(other: Joint) -> None:
    assert not set(keys(joint(ROWS))) & set(keys(other))


def test_another_seed_has_keys_of_its_own() -> None:
    assert not set(keys(joint(ROWS), 1)) & set(keys(joint(ROWS), 2))


def test_a_course_drawn_on_from_memory_is_bit_for_bit_what_it_is_without() -> None:
    memory = Memory()
    joint(ROWS * 3).sampled(0, memory)
    warm, cold = joint(ROWS * 4).sampled(0, memory), joint(ROWS * 4).sampled(0)
    assert memory.latest(joint(ROWS * 3).portions(0))[0] == len(joint(ROWS * 3).portions(0))
    assert all(torch.equal(warm.values[name], cold.values[name]) for name in cold.values)
    assert torch.equal(warm.white, cold.white)
