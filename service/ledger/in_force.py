"""Which settings are on now, as far as the record knows."""

from datetime import datetime

from optimizer.history import History
from optimizer.trial import Applied


def in_force(history: History, start: Applied, now: datetime) -> Applied:
    """Return the settings of the latest trial that began and did not end, or the clinician's stated start."""
    running = [
        trial
        for trial in history.trials
        if trial.occurred_at <= now and (trial.ended_at is None or trial.ended_at > now)
    ]
    return running[-1].applied if running else start
