"""Stop when a perfect further search is expected to gain less than the patient would notice, or nothing helps at all."""

from optimizer.decision import StopReason

ENOUGH_TRIALS = 8
"""Rated trials below which nothing is concluded [A]."""
NOTICEABLE_NRS = 1.0
"""Relief below which settings are not said to help; one point is slightly better (Salaffi 2004)."""
HOPELESS = 0.05
"""Probability of noticeable relief at the best settings below which no setting helps [A]."""


def is_due(*, n_trials: int, min_gain_nrs: float) -> bool:
    """Return whether a course may stop at all, so that what remains to be gained matters; arguments as below."""
    return min_gain_nrs > 0 and n_trials >= ENOUGH_TRIALS


def reason_to_stop(
    *, n_trials: int, remaining_gain_nrs: float, min_gain_nrs: float, p_noticeable: float | None
) -> StopReason | None:
    """Return why to stop, or None to go on.

    Args:
        n_trials: Rated trials.
        remaining_gain_nrs: What a perfect further search is expected to bring, in points.
        min_gain_nrs: The course's threshold; 0 never stops.
        p_noticeable: Probability that the best tried settings relieve noticeably against no stimulation; None where no
            stimulation-free report identifies that.

    Returns:
        The reason, or None.
    """
    due = is_due(n_trials=n_trials, min_gain_nrs=min_gain_nrs)
    if not due or remaining_gain_nrs >= min_gain_nrs:
        return None
    if p_noticeable is not None and p_noticeable < HOPELESS:
        return StopReason.NO_SETTING_HELPS
    return StopReason.GAIN_TOO_SMALL
