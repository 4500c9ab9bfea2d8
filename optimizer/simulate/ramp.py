"""The amplitudes of a ramp."""

from collections.abc import Sequence


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
