"""A prior is data that can be checked."""

import pytest

from optimizer import canonical
from optimizer.errors import ProblemDefinitionError
from optimizer.prior import NO_PRIOR, Prior, check_prior
from tests.strategies.scs import PROBLEM


def test_a_prior_comes_back_from_its_canonical_json() -> None:
    prior = Prior(
        version="cohort-1",
        points=((0, 1), (2, 3)),
        values=(0.1, -0.3),
        weight=0.75,
        hyperparameters={"noise": (1.25, 0.2)},
    )
    assert canonical.decode(Prior, canonical.encode(prior)) == prior
    assert canonical.digest(prior) != canonical.digest(NO_PRIOR)


@pytest.mark.parametrize("values", [(), (1.0, 2.0), (float("nan"),), (float("inf"),)])
def test_there_is_one_finite_number_per_point(values: tuple[float, ...]) -> None:
    with pytest.raises(ProblemDefinitionError, match=r"prior\.values"):
        Prior(version="x", points=((0,),), values=values)


@pytest.mark.parametrize("weight", [-0.1, 1.1, float("nan")])
def test_the_weight_is_a_probability(weight: float) -> None:
    with pytest.raises(ProblemDefinitionError, match=r"prior\.weight"):
        Prior(version="x", weight=weight)


@pytest.mark.parametrize("point", [(0, 0, 0), (-1, 0, 0, 0), (0, 0, 0, 99)])
def test_a_point_that_is_no_grid_point_is_refused_before_anything_is_decided(point: tuple[int, ...]) -> None:
    check_prior(PROBLEM, Prior(version="x", points=((0, 0, 0, 0),), values=(1.0,)))
    with pytest.raises(ProblemDefinitionError, match=r"prior\.points"):
        check_prior(PROBLEM, Prior(version="x", points=(point,), values=(1.0,)))
