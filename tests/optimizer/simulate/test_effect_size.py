import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from optimizer.simulate.effect_size import Surface

SEEDS = st.integers(0, 10_000)
WIDTHS = st.floats(60.0, 600.0)
LIMIT = 4.0


@given(SEEDS, WIDTHS)
def test_the_boundary_is_where_the_grade_is_the_limit_and_the_grade_only_grows(
    seed: int, width_us: float
) -> None:
    surface, width = Surface(seed=seed), np.array([width_us])
    boundary = surface.limit_ma(width)
    assert np.isclose(surface.grade(boundary, width, LIMIT), LIMIT)
    climb = surface.grade(np.linspace(0.0, 3.0, 40) * boundary, np.repeat(width, 40), LIMIT)
    assert (np.diff(climb) >= 0).all()
    assert (climb[0], climb[-1]) == (0.0, 10.0)


@given(SEEDS, WIDTHS)
def test_a_wider_pulse_reaches_the_boundary_with_less_current_and_perception_comes_first(
    seed: int, width_us: float
) -> None:
    surface = Surface(seed=seed)
    narrow, wide = surface.limit_ma(np.array([width_us, width_us + 10.0]))
    assert wide < narrow
    assert 0 < surface.perception_ma(np.array([width_us])).item() < narrow


@given(SEEDS, WIDTHS)
def test_without_current_there_is_no_effect_and_with_it_none_harms(seed: int, width_us: float) -> None:
    surface = Surface(seed=seed)
    amplitudes = np.linspace(0.0, 12.0, 60)
    heights = surface.height(amplitudes, np.full(60, width_us))
    assert heights[0] == 0.0
    assert (heights >= 0.0).all()


def test_equal_seeds_are_equal_surfaces_and_others_are_others() -> None:
    assert Surface(seed=3).traits == Surface(seed=3).traits
    assert len({Surface(seed=seed).traits["best_width_us"] for seed in range(20)}) == 20
