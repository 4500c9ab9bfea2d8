"""Settings: one point of a grid, equal by index."""

import pytest

from optimizer.errors import UnknownParameterError
from optimizer.space.device import load_device
from optimizer.space.settings import number

SPACE = load_device("vns-implanted").space
VALUES = {"amplitude_ma": 1.5, "pulse_width_us": 250.0, "frequency_hz": 20.0, "on_s": 30.0, "off_s": 300.0}


def test_settings_are_equal_when_they_are_the_same_grid_point_however_written() -> None:
    one, other = SPACE.settings(VALUES), SPACE.settings({**VALUES, "amplitude_ma": 1.5 + 1e-8})
    assert one == other
    assert hash(one) == hash(other)
    assert one.as_dict() == other.as_dict() == VALUES
    assert one != SPACE.settings({**VALUES, "amplitude_ma": 1.625})


def test_a_value_is_read_by_name() -> None:
    settings = SPACE.settings(VALUES)
    assert settings["frequency_hz"] == 20.0
    with pytest.raises(UnknownParameterError, match="waveform"):
        settings["waveform"]


@pytest.mark.parametrize("values", [{}, {"amplitude_ma": "secret"}])
def test_a_number_that_is_missing_or_a_word_is_refused_and_not_echoed(values: dict[str, str]) -> None:
    with pytest.raises(UnknownParameterError) as refused:
        number(values, "amplitude_ma")
    assert "secret" not in str(refused.value)
    assert number({"amplitude_ma": 2}, "amplitude_ma") == 2.0
