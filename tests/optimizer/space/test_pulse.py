"""Pulse physics against worked examples of the literature, for numbers and for arrays alike."""

import doctest

import numpy as np
import pytest

from optimizer.space import pulse


def test_every_worked_example_in_the_docstrings_holds() -> None:
    failed, attempted = doctest.testmod(pulse)
    assert failed == 0
    assert attempted >= 7


@pytest.mark.parametrize(
    ("area_cm2", "charge_uc", "density", "k"),
    [
        (0.1225, 3.68, 30.0, 2.04),  # spinal cord cylinder at 30 uC/cm2
        (0.060, 1.80, 30.0, 1.73),  # paddle
        (0.039, 1.18, 30.0, 1.55),  # dorsal root ganglion
        (0.07, 2.10, 30.0, 1.80),  # vagus helix
    ],
)
def test_density_and_shannon_k_agree_with_the_table_of_electrodes(
    area_cm2: float, charge_uc: float, density: float, k: float
) -> None:
    assert pulse.charge_density_uc_per_cm2(charge_uc, area_cm2) == pytest.approx(density, abs=0.3)
    assert pulse.shannon_k(charge_uc, area_cm2) == pytest.approx(k, abs=0.01)


@pytest.mark.parametrize(
    ("on_s", "off_min", "percent"),
    [
        (7, 0.2, 58),
        (7, 0.3, 44),
        (14, 0.5, 41),
        (30, 0.5, 57),
        (30, 1.1, 35),
        (30, 3, 16),
        (30, 5, 10),
        (60, 3, 27),
    ],
)
def test_duty_cycles_agree_with_the_table_in_use(on_s: float, off_min: float, percent: int) -> None:
    # ON times are whole seconds and OFF times minutes rounded to a tenth: half a percent either way
    assert 100 * pulse.duty_cycle(float(on_s), off_min * 60) == pytest.approx(percent, abs=1.0)


def test_no_charge_is_infinitely_far_from_harm() -> None:
    assert pulse.shannon_k(np.array([0.0]), np.array([0.1]))[0] == -np.inf


def test_milliamperes_times_microseconds_are_nanocoulombs_shown_as_microcoulombs() -> None:
    amps, seconds = 6e-3, 400e-6
    assert pulse.charge_per_phase_uc(6.0, 400.0) == pytest.approx(amps * seconds * 1e6)


def test_two_phases_of_fifty_microseconds_fill_a_period_at_ten_kilohertz() -> None:
    assert pulse.period_share(50.0, 10_000.0) == pytest.approx(1.0)


def test_charge_per_second_is_the_mean_current() -> None:
    assert pulse.charge_per_second_uc(2.4, 50.0, 0.5) == pytest.approx(2.4e-6 * 50 * 0.5 * 1e6)


def test_wider_pulses_need_less_current_and_more_charge() -> None:
    widths = np.array([60.0, 150.0, 300.0, 500.0, 1000.0])
    threshold = pulse.width_factor(widths, np.full(1, 295.0))
    assert (np.diff(threshold) < 0).all()
    assert (np.diff(threshold * widths) > 0).all()


def test_the_threshold_at_1200_hz_is_that_of_the_source() -> None:
    # Abejon 2016: 7.25 mA at 40 Hz, 1.38 mA at 1200 Hz
    assert pulse.rate_factor(1200.0, 450.0) == pytest.approx(1.38 / 7.25, abs=0.005)


def test_the_rate_hardly_moves_the_threshold_below_100_hz_and_not_outside_40_to_1200() -> None:
    rates = np.array([2.0, 40.0, 100.0, 300.0, 650.0, 1200.0, 5000.0])
    factor = pulse.rate_factor(rates, 450.0)
    assert factor[0] == factor[1] == 1.0
    assert factor[2] > 0.9
    assert factor[-1] == factor[-2]
    assert (np.diff(factor) <= 0).all()
