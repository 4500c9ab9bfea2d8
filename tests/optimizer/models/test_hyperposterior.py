"""The sampler against posteriors known in closed form."""

import math
import pickle
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from optimizer.errors import FitError
from optimizer.models import hyperposterior
from optimizer.models.hyperposterior import (
    N_DRAWS,
    N_MOVES,
    N_MOVES_YOUNG,
    YOUNG,
    Aside,
    Draws,
    LogDensities,
    Memory,
    Portion,
    Reports,
    draw,
)


def portion(log_densities: LogDensities, *new: bool, number: int = 1) -> Portion:
    """Reports let in together; the key stands for what they say."""
    reports = Reports(log_densities=log_densities, new=torch.tensor(new))
    return Portion(number=number, key=f"until {number}".encode(), read=lambda: reports)


def known_to(level: Callable[[Tensor], Tensor]) -> Portion:
    """All reports as one."""
    return portion(lambda white: level(white)[:, None], True)


def measured(*readings: float, sd: float) -> list[Portion]:
    """Readings of the first coordinate, let in one by one."""

    def densities(count: int) -> LogDensities:
        known = torch.tensor(readings[:count], dtype=torch.float64)
        return lambda white: -0.5 * ((white[:, :1] - known) / sd) ** 2

    return [
        portion(densities(count), *[False] * (count - 1), True, number=count)
        for count in range(1, len(readings) + 1)
    ]


def moments(portions: list[Portion]) -> tuple[Tensor, Tensor]:
    draws = torch.cat([draw(portions, 2, seed).white for seed in range(20)])
    return draws.mean(0), draws.var(0)


@pytest.mark.parametrize("sd", [2.0, 0.5, 0.1])
def test_a_normal_likelihood_gives_the_conjugate_posterior(sd: float) -> None:
    # one observation of 1 with this SD, standard normal prior; the second coordinate is not observed
    mean, variance = moments(measured(1.0, sd=sd))
    expected = 1.0 / (1.0 + 1.0 / sd**2)
    # 20 independent clouds: four standard errors of a mean over them
    standard_error = 1.0 / math.sqrt(20 * N_DRAWS / 4)
    assert float(mean[0]) == pytest.approx(expected / sd**2, abs=4 * standard_error * math.sqrt(expected))
    assert float(variance[0]) == pytest.approx(expected, rel=0.25)
    assert float(mean[1]) == pytest.approx(0.0, abs=4 * standard_error)
    assert float(variance[1]) == pytest.approx(1.0, rel=0.25)


def test_reports_let_in_one_by_one_give_what_all_at_once_give() -> None:
    # the conjugate posterior again; the first two readings point elsewhere than all do
    readings, sd = (2.5, 2.0, -1.0, -1.5, -1.2, -0.8), 0.7
    precision = 1.0 + len(readings) / sd**2
    mean, variance = moments(measured(*readings, sd=sd))
    tolerance = 4 / math.sqrt(precision * 20 * N_DRAWS / 4)
    assert float(mean[0]) == pytest.approx(sum(readings) / sd**2 / precision, abs=tolerance)
    assert float(variance[0]) == pytest.approx(1.0 / precision, rel=0.25)


@pytest.mark.parametrize("has_aside", [True, False])
def test_coordinates_that_move_more_often_keep_the_posterior(has_aside: bool) -> None:
    # a reading of the first coordinate and one of the sum of both; the second coordinate is in the latter alone
    one, both, sd = 0.8, -0.6, 0.3

    def densities(first: Tensor, second: Tensor) -> Tensor:
        return -0.5 * (torch.cat([first - one, first + second - both], dim=1) / sd) ** 2

    aside = Aside(
        columns=torch.tensor([1]),
        given=lambda white: lambda moved: densities(white[:, :1], moved)[:, 1:],
        new=torch.tensor([True]),
    )
    reports = Reports(
        log_densities=lambda white: densities(white[:, :1], white[:, 1:]),
        new=torch.tensor([True, True]),
        aside=aside if has_aside else None,
    )
    mean, variance = moments([Portion(number=1, key=b"", read=lambda: reports)])
    precision = torch.tensor([[1 + 2 / sd**2, 1 / sd**2], [1 / sd**2, 1 + 1 / sd**2]], dtype=torch.float64)
    expected = torch.linalg.solve(
        precision, torch.tensor([one + both, both], dtype=torch.float64)[:, None] / sd**2
    )
    spread = torch.linalg.inv(precision).diagonal()
    assert bool(((mean - expected[:, 0]).abs() < 4 * (spread / (20 * N_DRAWS / 4)).sqrt()).all())
    assert variance.tolist() == pytest.approx(spread.tolist(), rel=0.25)


def test_after_moves_aside_the_densities_of_a_draw_are_those_of_where_it_is() -> None:
    # of two readings of the sum of both coordinates, and one of the first alone, the aside knows the former
    def densities(first: Tensor, second: Tensor) -> Tensor:
        return -0.5 * torch.cat([first - 1.0, first + second, first + second - 2.0], dim=1) ** 2

    aside = Aside(
        columns=torch.tensor([1]),
        given=lambda white: lambda moved: densities(white[:, :1], moved)[:, 1:],
        new=torch.tensor([False, True]),
    )
    reports = Reports(
        log_densities=lambda white: densities(white[:, :1], white[:, 1:]),
        new=torch.tensor([True, False, True]),
        aside=aside,
    )
    generator = torch.Generator().manual_seed(0)
    white = torch.randn(50, 2, generator=generator, dtype=torch.float64)
    reference = hyperposterior._reference(white, torch.full((50,), 0.02, dtype=torch.float64))
    moved = hyperposterior._moved_aside(
        hyperposterior._moving(reports, white), 0.4, aside, reference, generator
    )
    there = hyperposterior._moving(reports, moved.white)
    assert not torch.equal(moved.white, white)
    assert torch.equal(moved.white[:, 0], white[:, 0])
    assert torch.allclose(moved.before, there.before)
    assert torch.allclose(moved.new, there.new)


def test_what_is_remembered_changes_nothing_but_how_much_is_read() -> None:
    portions, read = measured(1.0, 0.5, 0.8, 1.2, sd=0.4), []

    def watched(known: Portion) -> Portion:
        return replace(known, read=lambda: read.append(known.number) or known.read())

    memory = Memory()
    draw([watched(known) for known in portions[:3]], 2, 0, memory)
    assert read == [1, 2, 3]
    later = draw([watched(known) for known in portions], 2, 0, memory)
    assert read == [1, 2, 3, 4]
    assert torch.equal(later.white, draw(portions, 2, 0).white)
    assert later.effective_sample_size == draw(portions, 2, 0).effective_sample_size


def test_a_young_course_is_moved_more() -> None:
    def read(number: int) -> int:
        times = []

        def counted(white: Tensor) -> Tensor:
            times.append(1)
            return -0.5 * (white[:, :1] - 0.1) ** 2

        draw([portion(counted, True, number=number)], 2, 0)
        return len(times)

    # once as it comes, and once a move; so little news is let in by one step
    assert read(YOUNG) == 1 + N_MOVES_YOUNG
    assert read(YOUNG + 1) == 1 + N_MOVES


def test_memory_forgets_what_was_not_asked_for_longest() -> None:
    memory, portions = Memory(at_most=2), measured(1.0, 0.5, 0.8, sd=0.4)
    nothing = Draws(white=torch.zeros(0, 2), effective_sample_size=0.0)
    for known in portions[:2]:
        memory.keep(known, nothing)
    memory.latest(portions[:1])
    memory.keep(portions[2], nothing)
    assert [memory.latest([known])[0] for known in portions] == [1, 0, 1]


def test_memory_travels_to_another_process_empty() -> None:
    memory, portions = Memory(at_most=7), measured(1.0, sd=0.4)
    draw(portions, 2, 0, memory)
    there = pickle.loads(pickle.dumps(memory))
    assert (there.at_most, there.latest(portions)) == (7, (0, None))


def test_two_memories_are_two_things_whatever_they_hold() -> None:
    one, other, known = Memory(), Memory(), measured(1.0, sd=0.4)
    draw(known, 2, 0, one)
    draw(known, 2, 0, other)
    assert one != other
    assert len({one, other, one}) == 2


def test_a_portion_of_no_reports_leaves_the_draws_as_they_are() -> None:
    one = portion(lambda white: -0.5 * white[:, :1] ** 2, True)
    none = portion(lambda white: -0.5 * white[:, :1] ** 2, False, number=2)
    assert torch.equal(draw([one], 2, 0).white, draw([one, none], 2, 0).white)


def test_the_same_seed_gives_the_same_draws_and_another_seed_others() -> None:
    reports = [known_to(lambda white: -0.5 * white.sum(1).square())]
    one, again, other = (draw(reports, 3, seed).white for seed in (1, 1, 2))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


def test_without_reports_the_draws_are_the_prior_with_a_full_sample() -> None:
    draws = draw([], 4, 0)
    assert draws.effective_sample_size == N_DRAWS
    assert float(draws.white.std()) == pytest.approx(1.0, abs=0.15)


def test_a_sample_is_called_poor_where_reports_cannot_be_let_in_as_a_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hyperposterior, "MAX_STEPS", 2)
    assert draw(measured(1.0, sd=1e-4), 2, 0).effective_sample_size == 0.0


def test_reports_no_draw_can_explain_are_an_error_and_not_a_guess() -> None:
    with pytest.raises(FitError):
        draw([known_to(lambda white: torch.full((len(white),), torch.nan, dtype=torch.float64))], 2, 0)
