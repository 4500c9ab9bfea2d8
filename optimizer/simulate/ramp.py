"""A ramp: its amplitudes, and what its rungs feel like."""

from collections.abc import Callable, Sequence

from optimizer.trial import Rung, RungOutcome


def rungs_ma(levels_ma: Sequence[float], target_ma: float, step_fraction: float = 0.10) -> tuple[float, ...]:
    """Return the amplitudes of a ramp from zero to a target.

    Args:
        levels_ma: Amplitudes of the device, ascending.
        target_ma: Where the ramp ends; always its last rung.
        step_fraction: A rung is one device step or this share of the amplitude reached, whichever is larger.

    Returns:
        Ascending amplitudes above zero; only the target where it is zero.
    """
    reachable = [level for level in levels_ma if 0.0 < level < target_ma]
    rungs: list[float] = []
    for index, level in enumerate(reachable):
        here = rungs[-1] if rungs else 0.0
        overshoots = index + 1 >= len(reachable) or reachable[index + 1] > here * (1 + step_fraction) + 1e-9
        if overshoots:
            rungs.append(level)
    return (*rungs, target_ma)


def climb(
    amplitudes_ma: Sequence[float],
    *,
    is_felt: Callable[[float], bool],
    is_uncomfortable: Callable[[float], bool],
) -> tuple[Rung, ...]:
    """Return what each rung felt like.

    Args:
        amplitudes_ma: Ascending.
        is_felt: Whether an amplitude in mA is perceived.
        is_uncomfortable: Whether it is more than the patient would stay with.

    Returns:
        One rung per amplitude, up to and with the first uncomfortable one. Perception is named once.
    """
    rungs: list[Rung] = []
    perceived = False
    for amplitude_ma in amplitudes_ma:
        outcome = RungOutcome.TOLERATED
        if is_uncomfortable(amplitude_ma):
            outcome = RungOutcome.DISCOMFORT
        elif not perceived and is_felt(amplitude_ma):
            outcome, perceived = RungOutcome.PERCEPTION, True
        rungs.append(Rung(amplitude_ma=float(amplitude_ma), outcome=outcome))
        if outcome is RungOutcome.DISCOMFORT:
            break
    return tuple(rungs)
