import pytest

from optimizer.simulate.ramp import climb, rungs_ma
from optimizer.space.device import load_device
from optimizer.trial import RungOutcome

LEVELS = load_device("scs-tonic").space.parameter("amplitude_ma").numbers


@pytest.mark.parametrize("target_ma", [0.1, 0.3, 2.0, 4.9, 12.0])
def test_a_ramp_rises_to_its_target_by_one_step_or_a_tenth(target_ma: float) -> None:
    rungs = rungs_ma(LEVELS, target_ma)
    assert rungs[-1] == target_ma
    for below, above in zip((0.0, *rungs), rungs, strict=False):
        assert below < above <= max(below + 0.1, below * 1.1) + 1e-9


def test_no_current_needs_no_climb() -> None:
    assert rungs_ma(LEVELS, 0.0) == (0.0,)


def test_a_climb_ends_at_discomfort_and_names_perception_once() -> None:
    rungs = climb(
        (1.0, 2.0, 3.0, 4.0, 5.0), is_felt=lambda ma: ma >= 2.0, is_uncomfortable=lambda ma: ma >= 4.0
    )
    assert [(rung.amplitude_ma, rung.outcome) for rung in rungs] == [
        (1.0, RungOutcome.TOLERATED),
        (2.0, RungOutcome.PERCEPTION),
        (3.0, RungOutcome.TOLERATED),
        (4.0, RungOutcome.DISCOMFORT),
    ]


def test_discomfort_at_once_is_not_called_perception() -> None:
    rungs = climb((1.0, 2.0), is_felt=lambda _: True, is_uncomfortable=lambda _: True)
    assert [rung.outcome for rung in rungs] == [RungOutcome.DISCOMFORT]
