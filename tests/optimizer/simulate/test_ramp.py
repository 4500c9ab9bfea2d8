import pytest

from optimizer.simulate.ramp import rungs_ma
from optimizer.space.device import load_device

LEVELS = load_device("scs-tonic").space.parameter("amplitude_ma").numbers


@pytest.mark.parametrize("target_ma", [0.1, 0.3, 2.0, 4.9, 12.0])
def test_a_ramp_rises_to_its_target_by_one_step_or_a_tenth(target_ma: float) -> None:
    rungs = rungs_ma(LEVELS, target_ma)
    assert rungs[-1] == target_ma
    for below, above in zip((0.0, *rungs), rungs, strict=False):
        assert below < above <= max(below + 0.1, below * 1.1) + 1e-9


def test_no_current_needs_no_climb() -> None:
    assert rungs_ma(LEVELS, 0.0) == (0.0,)
