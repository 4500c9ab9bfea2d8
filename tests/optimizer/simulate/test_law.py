import numpy as np
import pytest

from optimizer.errors import ParameterDefinitionError
from optimizer.simulate.law import Law
from optimizer.simulate.streams import stream
from optimizer.space.constraint import Evidence


def law(**kind: object) -> Law:
    return Law(source="test", evidence=Evidence.ASSUMED, **kind)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "mean", "sd"),
    [
        ({"fixed": 3.0}, 3.0, 0.0),
        ({"normal": (0.4, 0.3)}, 0.4, 0.3),
        ({"lognormal": (2.0, 0.5)}, 2.0 * np.exp(0.125), 2.0 * np.exp(0.125) * np.sqrt(np.exp(0.25) - 1)),
        ({"beta": (0.35, 0.6)}, 0.35, np.sqrt(0.35 * 0.65 / 1.6)),
        ({"uniform": (2.0, 7.0)}, 4.5, 5 / np.sqrt(12)),
        ({"fixed": 1.0, "plus": 2.0}, 3.0, 0.0),
    ],
)
def test_draws_have_the_moments_of_their_law(kind: dict[str, object], mean: float, sd: float) -> None:
    draws = law(**kind).draw(stream(0, "law"), 40_000)
    assert draws.mean() == pytest.approx(mean, abs=0.02)
    assert draws.std() == pytest.approx(sd, abs=0.03)


def test_a_truncated_normal_stays_inside_and_is_not_piled_up_at_the_ends() -> None:
    draws = law(truncated_normal=(7.5, 1.1, 5.0, 10.0)).draw(stream(0, "law"), 20_000)
    assert draws.min() > 5.0
    assert draws.max() < 10.0
    assert np.median(draws) == pytest.approx(7.5, abs=0.05)


@pytest.mark.parametrize("kind", [{"beta": (0.3, 2.0)}, {"truncated_normal": (0.0, 1.0, -1.0, 2.0)}])
def test_the_first_patients_are_the_same_in_a_larger_cohort(kind: dict[str, object]) -> None:
    few, many = (law(**kind).draw(stream(3, "law"), n) for n in (5, 500))
    assert np.array_equal(few, many[:5])


def test_a_law_is_of_exactly_one_kind() -> None:
    for kinds in ({}, {"fixed": 1.0, "normal": (0.0, 1.0)}):
        with pytest.raises(ParameterDefinitionError, match="exactly one"):
            law(**kinds)
