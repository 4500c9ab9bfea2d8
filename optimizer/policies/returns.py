"""Returns to where a course started: rated again, the start tells what time did from what settings did."""

from msgspec import UnsetType

from optimizer.history import History
from optimizer.problem import Problem
from optimizer.space.settings import Settings
from optimizer.trial import TrialKind


def due(problem: Problem, history: History, start: Settings) -> bool:
    """Return whether the course has been away from its start for as many trials as it declares.

    Args:
        problem: Declares how many; a course that does not never returns by itself.
        history: As of the ask.
        start: Where the course started.

    Returns:
        Whether the next trial goes back. A trial that was not rated counts as well: a patient who reports nothing is not
        sent back again and again.
    """
    if isinstance(problem.return_every, UnsetType):
        return False
    away = 0
    for trial in reversed(history.trials):
        if trial.kind is TrialKind.REFERENCE or trial.applied.settings == start:
            break
        away += 1
    return away >= problem.return_every
