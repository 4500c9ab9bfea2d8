"""Pulse physics: charge, density, Shannon's index, duty cycle, energy, strength-duration.

Every function works on numbers and, elementwise, on numpy arrays. Each states its source and an example a clinician can
check with a pocket calculator.
"""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
N = TypeVar("N", float, Array)
"""A number, or arrays that broadcast together."""


def charge_per_phase_uc(amplitude_ma: N, pulse_width_us: N) -> N:
    """Return the charge of one phase in uC: current times width.

    Source:
        Definition (mA x us / 1000 = uC).

    Example:
        >>> charge_per_phase_uc(6.0, 400.0)
        2.4
    """
    return amplitude_ma * pulse_width_us / 1000.0


def charge_density_uc_per_cm2(charge_uc: N, area_cm2: N) -> N:
    """Return the charge of one phase per contact surface, in uC/cm2.

    Source:
        Definition.

    Example:
        8.17 mA for 300 us on one cylinder of 3 mm by 1.3 mm diameter:

        >>> round(charge_density_uc_per_cm2(2.451, 0.1225), 1)
        20.0
    """
    return charge_uc / area_cm2


def shannon_k(charge_uc: N, area_cm2: N) -> N:
    """Return Shannon's k = log10(Q^2 / A) of one charge-balanced phase; larger is riskier.

    Source:
        Shannon (1992), A model of safe levels for electrical stimulation, IEEE Trans. Biomed. Eng. 39(4), 424-426, in
        the form k = log10(D) + log10(Q). Derived from disc electrodes on cat cortex at 50 Hz for 7 h: a fence, not a law.

    Example:
        >>> round(float(shannon_k(2.451, 0.1225)), 2)
        1.69
    """
    # no charge: k is minus infinity, the safe side; more than a float holds: infinity, past every limit
    with np.errstate(divide="ignore", over="ignore"):
        return np.log10(charge_uc * charge_uc / area_cm2)  # type: ignore[no-any-return]


def charge_per_second_uc(charge_uc: N, frequency_hz: N, duty_cycle: N) -> N:
    """Return the charge delivered per second in uC/s, numerically the mean current in uA; the measure of dose.

    Source:
        Definition.

    Example:
        6 mA x 400 us at 50 Hz without pauses:

        >>> charge_per_second_uc(2.4, 50.0, 1.0)
        120.0
    """
    return charge_uc * frequency_hz * duty_cycle


def duty_cycle(on_s: N, off_s: N, ramp_s: float = 2.0) -> N:
    """Return the share of time with current: (ON + both ramps) / (ON + OFF).

    Source:
        Convention of implanted vagus stimulators, two-second ramps at each end; unconfirmed against a manual, but it
        reproduces the tables in use.

    Example:
        30 s ON, 5 min OFF:

        >>> round(duty_cycle(30.0, 300.0), 3)
        0.103
    """
    return (on_s + 2.0 * ramp_s) / (on_s + off_s)


def period_share(pulse_width_us: N, frequency_hz: N) -> N:
    """Return the share of a pulse period that two equal phases fill; above one they do not fit.

    Source:
        Definition, for a symmetric biphasic pulse.

    Example:
        30 us at 10 kHz:

        >>> period_share(30.0, 10000.0)
        0.6
    """
    return 2.0 * pulse_width_us * frequency_hz / 1e6


def width_factor(pulse_width_us: N, chronaxie_us: N) -> N:
    """Return the threshold at a width relative to an endless pulse: 1 + chronaxie / width.

    Source:
        Weiss's law, I = I_rheobase (1 + chronaxie / width).

    Example:
        From 300 to 450 us the threshold falls by a sixth:

        >>> round(width_factor(450.0, 295.0) / width_factor(300.0, 295.0), 3)
        0.835
    """
    return 1.0 + chronaxie_us / pulse_width_us


def rate_factor(frequency_hz: N, corner_hz: float) -> N:
    """Return the threshold at a rate relative to 40 Hz; little changes below 300 Hz, none above 1200 Hz.

    Source:
        Shape fitted to the perception thresholds at 40 Hz and 1200 Hz (7.25 and 1.38 mA at 300 us) of Abejon et al.
        (2016), Threshold evolution as an analysis of the different pulse frequencies, Neuromodulation 19(3).

    Example:
        >>> round(float(rate_factor(1200.0, 450.0)), 3)
        0.192
    """
    inside = np.clip(frequency_hz, 40.0, 1200.0)
    reference = 1.0 / (1.0 + (40.0 / corner_hz) ** 1.5)
    return 1.0 / (1.0 + (inside / corner_hz) ** 1.5) / reference  # type: ignore[no-any-return]
