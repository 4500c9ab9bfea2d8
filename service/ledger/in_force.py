"""Which settings are on now, as far as the record knows."""

from datetime import datetime, timedelta

from optimizer.history import History
from optimizer.trial import UNSTIMULATED, Applied

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far two clocks may differ before a fact lies in the future [A]."""


def in_force(history: History, start: Applied, now: datetime) -> Applied:
    """Return the settings of the latest trial that began and did not end, or the clinician's stated start.

    What is stored with a baseline or with stimulation off was not on: nobody bore it.
    """
    running = [
        trial
        for trial in history.trials
        if trial.kind not in UNSTIMULATED
        and trial.occurred_at <= now + CLOCK_TOLERANCE
        and (trial.ended_at is None or trial.ended_at > now)
    ]
    return running[-1].applied if running else start
