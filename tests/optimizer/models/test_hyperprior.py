"""A belief is a monotone function of a standard normal variable with the median and spread it names."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from optimizer.errors import ProblemDefinitionError
from optimizer.models.hyperprior import Belief, Hyperprior, log_normal, normal

BELIEFS = {
    "a": normal(2.0, 0.5),
    "b": log_normal(3.0, 0.4),
    "c": normal(1.5, 1.0),
    "d": normal(2.5, 2.0, low=0.0, high=5.0),
}


def test_the_centre_of_the_white_space_is_the_median() -> None:
    values = Hyperprior(BELIEFS).values(torch.zeros(1, 4, dtype=torch.float64))
    assert [round(float(value), 12) for value in values.values()] == [2.0, 3.0, 1.5, 2.5]


def test_some_of_a_table_are_its_columns_of_the_same_names() -> None:
    table, names = Hyperprior(BELIEFS), ("d", "b")
    white = torch.randn(3, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    some, all_of_them = table.only(names).values(white[:, table.columns(names)]), table.values(white)
    assert list(some) == ["b", "d"]
    assert all(torch.equal(some[name], all_of_them[name]) for name in some)


@given(low=st.floats(-5, 5), high=st.floats(-5, 5))
def test_every_belief_is_monotone(low: float, high: float) -> None:
    low, high = sorted((low, high))
    for belief in BELIEFS.values():
        ends = belief.transform(torch.tensor([low, high], dtype=torch.float64))
        assert ends[0] <= ends[1]


def test_a_normal_belief_that_is_cut_off_is_a_normal_one_between_its_ends() -> None:
    cut = normal(1.0, 2.0, low=0.0, high=5.0)
    drawn = cut.transform(
        torch.randn(20_000, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    )
    far = cut.transform(torch.linspace(-40, 40, 101, dtype=torch.float64))
    assert far.min() >= -1e-9
    assert far.max() <= 5.0 + 1e-9
    free = 1.0 + 2.0 * torch.randn(60_000, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    free = free[(free > 0.0) & (free < 5.0)]
    share = torch.tensor([0.1, 0.5, 0.9], dtype=torch.float64)
    assert torch.allclose(drawn.quantile(share), free.quantile(share), atol=0.05)


@pytest.mark.parametrize(
    ("name", "centre", "spread"),
    [("b", 0.0, 0.3), ("b", math.nan, 0.3), ("a", 1.0, -0.3), ("a", 1.0, math.inf), ("d", 6.0, 1.0)],
)
def test_data_that_are_no_belief_are_refused_by_name(name: str, centre: float, spread: float) -> None:
    with pytest.raises(ProblemDefinitionError, match=rf"prior\.hyperparameters\.{name}"):
        Hyperprior(BELIEFS).replaced({name: (centre, spread)})


def test_data_replace_a_belief_by_name_and_unknown_names_are_left_out() -> None:
    replaced = Hyperprior(BELIEFS).replaced({"b": (7.0, 0.1), "zzz": (1.0, 1.0)})
    assert replaced.beliefs["b"] == Belief(shape=BELIEFS["b"].shape, centre=7.0, spread=0.1)
    assert replaced.beliefs.keys() == BELIEFS.keys()
